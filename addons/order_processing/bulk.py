"""Writing many records of which each gets a value of its own."""


def write_each(values, name):
    """Write field ``name`` of many records, of each its own value, as one ``write``.

    Odoo's ``write`` takes one value for all its records, so that a hundred values are a hundred
    calls, each followed by everything Odoo computes from them. Here all of it is computed once.
    Rights, constraints and companies are checked as ``write`` does; what models add to ``write``
    is not called: the caller knows that nothing of it matters.

    :param dict values: value as ``write`` takes it, by its record; all of one model
    :param str name: a stored field that no ``inverse`` of these records' model acts upon
    """
    if not values:
        return
    records = next(iter(values)).union(*values)
    records.check_access("write")
    field = records._fields[name]
    stamps = {"write_uid": records.env.uid, "write_date": records.env.cr.now()}
    with records.env.protecting([field], records):
        if records.pool.is_modifying_relations(field):
            records.modified([name], before=True)
        for stamp, value in stamps.items():
            records._fields[stamp].write(records, value)
        for record, value in values.items():
            field.write(record, value)
        records.modified([name, *stamps])
        records._validate_fields([name])
    if records._check_company_auto:
        records._check_company([name])
