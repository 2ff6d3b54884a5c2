"""The outline of an OpenAPI 3.1 description, ready to be laid out as a page."""

METHODS = ("get", "post", "put", "patch", "delete")


def outline(spec):
    """Operations and schemas of a description, with references followed.

    :param dict spec: the description, as its YAML is read
    :return: dict with ``info``, ``operations`` and ``schemas``
    """
    return {
        "info": spec.get("info", {}),
        "operations": [
            _operation(spec, path, method, item[method], item.get("parameters", ()))
            for path, item in spec.get("paths", {}).items()
            for method in METHODS
            if method in item
        ],
        "schemas": [
            _schema(spec, name, schema)
            for name, schema in spec.get("components", {}).get("schemas", {}).items()
        ],
    }


def resolve(spec, node):
    """What a node is, or refers to within the description."""
    seen = 0
    while isinstance(node, dict) and str(node.get("$ref", "")).startswith("#/") and seen < 20:
        found = spec
        for part in node["$ref"][2:].split("/"):
            found = found[part]
        node, seen = found, seen + 1
    return node


def type_name(node):
    """A schema's type in a few words."""
    if "$ref" in node:
        return node["$ref"].rpartition("/")[2]
    kind = node.get("type", "enum" if "enum" in node else "any")
    kinds = kind if isinstance(kind, list) else [kind]
    if "array" in kinds and node.get("items"):
        return f"list of {type_name(node['items'])}"
    return " or ".join("empty" if each == "null" else each for each in kinds)


def _operation(spec, path, method, operation, shared):
    parameters = [resolve(spec, each) for each in [*shared, *operation.get("parameters", ())]]
    body = resolve(spec, operation.get("requestBody", {}))
    return {
        "id": operation.get("operationId", f"{method}-{path}"),
        "method": method.upper(),
        "path": path,
        "summary": operation.get("summary", ""),
        "description": operation.get("description", ""),
        "security": [name for each in operation.get("security", ()) for name in each],
        "parameters": [
            {
                "name": each["name"],
                "place": each["in"],
                "type": type_name(each.get("schema", {})),
                "required": bool(each.get("required")),
                "description": each.get("description", ""),
            }
            for each in parameters
        ],
        "body": body.get("description", ""),
        "types": list(body.get("content", {})),
        "responses": [
            _response(status, resolve(spec, response))
            for status, response in operation.get("responses", {}).items()
        ],
    }


def _response(status, response):
    schemas = [each.get("schema", {}) for each in response.get("content", {}).values()]
    return {
        "status": status,
        "description": response.get("description", ""),
        "schema": schemas[0]["$ref"].rpartition("/")[2] if schemas and "$ref" in schemas[0] else "",
    }


def _schema(spec, name, schema):
    required = set(schema.get("required", ()))
    return {
        "name": name,
        "description": schema.get("description", ""),
        "properties": [
            {
                "name": key,
                "type": type_name(value),
                "required": key in required,
                "description": resolve(spec, value).get("description", ""),
                "values": [str(each) for each in value.get("enum", ())],
            }
            for key, value in schema.get("properties", {}).items()
        ],
    }
