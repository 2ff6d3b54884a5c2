"""Writing many records of which each gets values of its own."""


def write_each(values, name):
    """Write field ``name`` of many records, of each its own value, see :func:`write_rows`.

    :param dict values: value as ``write`` takes it, by its record
    """
    write_rows({record: {name: value} for record, value in values.items()})


def write_rows(rows):
    """Write some fields of many records, of each its own values, as one ``write``.

    Odoo's ``write`` takes one value for all its records, so that a hundred values are a hundred
    calls, each followed by everything Odoo computes from them. Here all of it is computed once.
    Rights, constraints and companies are checked as ``write`` does; what models add to ``write``
    is not called: the caller knows that nothing of it matters.

    :param dict rows: ``{record: {field: value as write takes it}}``, all of one model and with the
        same fields: stored ones that no ``inverse`` of these records' model acts upon
    """
    if not rows:
        return
    records = next(iter(rows)).union(*rows)
    records.check_access("write")
    names = list(next(iter(rows.values())))
    fields = [records._fields[name] for name in names]
    computed = [
        each for field in fields for each in records.pool.field_computed.get(field, [field])
    ]
    stamps = {"write_uid": records.env.uid, "write_date": records.env.cr.now()}
    with records.env.protecting(computed, records):
        if relational := [f.name for f in fields if records.pool.is_modifying_relations(f)]:
            records.modified(relational, before=True)
        for stamp, value in stamps.items():
            records._fields[stamp].write(records, value)
        for record, values in rows.items():
            for field in fields:
                field.write(record, values[field.name])
        records.modified([*names, *stamps])
        records._validate_fields(names)
    if records._check_company_auto:
        records._check_company(names)
