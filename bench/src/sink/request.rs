//! Just enough of HTTP/1.1 to find where a request ends and what it delivers.

use std::io;

/// How many headers a request may have: a registration's fifty and our own.
const MAX_HEADERS: usize = 80;

/// A complete request.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Request<'a> {
    pub(super) path: &'a str,
    /// The value of `webhook-id`, empty when there is none.
    pub(super) message: &'a [u8],
    pub(super) body: &'a [u8],
}

impl<'a> Request<'a> {
    /// The request at the start of `buffer` with its length in bytes; `None` when it is not all
    /// there yet.
    ///
    /// # Errors
    /// When it is no HTTP/1.1, or its body has no length that is given beforehand.
    pub(super) fn parse(buffer: &'a [u8]) -> io::Result<Option<(Self, usize)>> {
        let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let mut head = httparse::Request::new(&mut headers);
        let httparse::Status::Complete(body_at) = head.parse(buffer).map_err(io::Error::other)?
        else {
            return Ok(None);
        };
        let (mut length, mut message) = (0, &b""[..]);
        for header in head.headers.iter() {
            if header.name.eq_ignore_ascii_case("content-length") {
                length = parse_length(header.value)?;
            } else if header.name.eq_ignore_ascii_case("webhook-id") {
                message = header.value;
            } else if header.name.eq_ignore_ascii_case("transfer-encoding") {
                return Err(io::Error::other("the sink takes no chunked bodies"));
            }
        }
        let end = body_at + length;
        Ok(buffer
            .get(body_at..end)
            .map(|body| (Self { path: head.path.unwrap_or_default(), message, body }, end)))
    }
}

fn parse_length(value: &[u8]) -> io::Result<usize> {
    let text = std::str::from_utf8(value).map_err(io::Error::other)?;
    text.trim().parse().map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_complete_with_its_last_byte_and_not_before() {
        let bytes = b"POST /3 HTTP/1.1\r\nWebHook-Id: m\r\ncontent-length: 2\r\n\r\nhiPOST";
        let request = Request { path: "/3", message: b"m", body: b"hi" };
        let end = bytes.len() - 4;
        for cut in 0..end {
            assert_eq!(Request::parse(&bytes[..cut]).unwrap(), None, "{cut}");
        }
        assert_eq!(Request::parse(bytes).unwrap(), Some((request, end)));
    }

    #[test]
    fn a_body_of_unknown_length_and_what_is_no_http_are_errors() {
        for bytes in [
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
            "POST / HTTP/1.1\r\ncontent-length: many\r\n\r\n",
            "\0\r\n\r\n",
        ] {
            assert!(Request::parse(bytes.as_bytes()).is_err(), "{bytes}");
        }
    }
}
