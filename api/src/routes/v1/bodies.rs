//! How clients see bodies that strangers wrote: as text where they are text.

/// The text of a body that may have been cut in the middle of a character.
pub(super) fn cut_text(body: Vec<u8>) -> Result<String, Vec<u8>> {
    String::from_utf8(body).or_else(|error| {
        let (valid, cut) = (error.utf8_error().valid_up_to(), error.utf8_error().error_len());
        let mut body = error.into_bytes();
        // No length means that the end came too early, which only a cut explains.
        if cut.is_some() {
            return Err(body);
        }
        body.truncate(valid);
        String::from_utf8(body).map_err(std::string::FromUtf8Error::into_bytes)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_cut_inside_a_character_is_text_and_other_bytes_are_not() {
        assert_eq!(cut_text("grün".into()).unwrap(), "grün");
        assert_eq!(cut_text("grün".as_bytes()[..3].to_vec()).unwrap(), "gr");
        assert_eq!(cut_text(vec![0xff, b'a']).unwrap_err(), [0xff, b'a']);
    }
}
