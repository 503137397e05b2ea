//! Whether an answer is one that the document promises.

use serde_json::{Map, Value};

/// What is wrong with `value`, by the schema; nothing if it fits. Knows as much of JSON Schema as the
/// document uses to say which members there are and of which types.
pub(crate) fn misfit(document: &Value, schema: &Value, value: &Value) -> Option<String> {
    let Value::Object(schema) = schema else { return None };
    if let Some(Value::String(reference)) = schema.get("$ref") {
        let found = document.pointer(reference.trim_start_matches('#')).unwrap();
        return misfit(document, found, value);
    }
    if let Some(Value::Array(choices)) = schema.get("oneOf") {
        let fitting = choices.iter().filter(|choice| misfit(document, choice, value).is_none());
        return (fitting.count() != 1).then(|| format!("{value} is not one of {choices:?}"));
    }
    if let Some(Value::Array(parts)) = schema.get("allOf") {
        return parts.iter().find_map(|part| misfit(document, part, value));
    }
    if let Some(Value::Array(values)) = schema.get("enum")
        && !values.contains(value)
    {
        return Some(format!("{value} is none of {values:?}"));
    }
    if let Some(types) = schema.get("type")
        && !has_type(types, value)
    {
        return Some(format!("{value} is no {types}"));
    }
    match value {
        Value::Object(members) => misfit_of_object(document, schema, members),
        Value::Array(items) => {
            let schema = schema.get("items")?;
            items.iter().find_map(|item| misfit(document, schema, item))
        }
        _ => None,
    }
}

fn misfit_of_object(
    document: &Value,
    schema: &Map<String, Value>,
    members: &Map<String, Value>,
) -> Option<String> {
    let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
    for name in required.map(|name| name.as_str().unwrap()) {
        if !members.contains_key(name) {
            return Some(format!("`{name}` is missing"));
        }
    }
    members.iter().find_map(|(name, member)| {
        let declared = schema.get("properties").and_then(|properties| properties.get(name));
        let schema = declared.or_else(|| schema.get("additionalProperties"))?;
        if schema == &Value::Bool(false) {
            return Some(format!("`{name}` is not declared"));
        }
        misfit(document, schema, member).map(|problem| format!("/{name}: {problem}"))
    })
}

fn has_type(types: &Value, value: &Value) -> bool {
    let is = |name: &str| match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        _ => value.is_object(),
    };
    match types {
        Value::Array(names) => names.iter().any(|name| is(name.as_str().unwrap())),
        name => is(name.as_str().unwrap()),
    }
}
