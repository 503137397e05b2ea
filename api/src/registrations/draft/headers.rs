use std::collections::BTreeMap;

use postrider_domain::{Invalid, RegistrationHeaders};

/// Reads headers, with the stored value in place of every mask.
pub(super) fn unmask(
    headers: &BTreeMap<String, String>,
    stored: Option<&RegistrationHeaders>,
) -> Result<RegistrationHeaders, Invalid> {
    let mut values = Vec::with_capacity(headers.len());
    for (name, value) in headers {
        let is_mask = value == RegistrationHeaders::MASK && RegistrationHeaders::is_sensitive(name);
        let value = if is_mask {
            let mut stored = stored.into_iter().flat_map(RegistrationHeaders::iter);
            let kept = stored.find(|(known, _)| known.eq_ignore_ascii_case(name));
            let (_, value) = kept.ok_or_else(|| {
                Invalid::new(format!("the header `{name}` has no value yet that could be kept"))
            })?;
            value
        } else {
            value
        };
        values.push((name.as_str(), value));
    }
    RegistrationHeaders::parse(values)
}
