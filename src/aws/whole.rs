//! Refuses an answer that is empty or breaks off: the SDK takes the one for "nothing there", and reads XML as far as it
//! goes.

use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        interceptors::{Intercept, context::AfterDeserializationInterceptorContextRef},
        runtime_components::RuntimeComponents,
    },
};
use aws_smithy_types::config_bag::ConfigBag;
use quick_xml::{Reader, events::Event};

/// The interceptor for clients that read: each of AWS's reads answers something.
#[derive(Debug)]
pub(super) struct Whole;

/// What is wrong with an answer that says "well done".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum Flaw {
    #[error("nothing is in it")]
    Empty,
    #[error("it breaks off")]
    BrokenOff,
}

impl Intercept for Whole {
    fn name(&self) -> &'static str {
        "Whole"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let response = context.response();
        match response.body().bytes().and_then(flaw) {
            Some(flaw) if response.status().is_success() => Err(flaw.into()),
            _ => Ok(()),
        }
    }
}

/// JSON and CBOR that break off are noticed by whoever reads them.
fn flaw(body: &[u8]) -> Option<Flaw> {
    let body = body.trim_ascii();
    match body.first() {
        None => Some(Flaw::Empty),
        Some(b'<') => (!is_closed(body)).then_some(Flaw::BrokenOff),
        Some(_) => None,
    }
}

/// Whether an XML document ends with the end of its first element.
fn is_closed(document: &[u8]) -> bool {
    let Ok(document) = std::str::from_utf8(document) else { return false };
    let mut reader = Reader::from_str(document);
    loop {
        match reader.read_event() {
            Ok(Event::Start(root)) => {
                let ending = document.strip_suffix('>').map(str::trim_end);
                let before = ending.and_then(|it| it.strip_suffix(root.name().as_ref()));
                return before.is_some_and(|it| it.ends_with("</"));
            }
            Ok(Event::Empty(_)) => return true,
            Ok(Event::Eof) | Err(_) => return false,
            Ok(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Flaw, flaw};

    #[test]
    fn every_beginning_of_a_document_breaks_off() {
        let document = "<?xml version=\"1.0\"?>\n<Answer xmlns=\"x\"><Result><member>a</member></Result></Answer>";
        assert_eq!(flaw(document.as_bytes()), None);
        assert_eq!(flaw(format!("{document}\n").as_bytes()), None);
        for length in 1..document.len() {
            assert_eq!(flaw(&document.as_bytes()[..length]), Some(Flaw::BrokenOff), "{}", &document[..length]);
        }
    }

    #[test]
    fn an_empty_element_is_an_answer_and_an_empty_body_is_none() {
        assert_eq!(flaw(b"<Answer/>"), None);
        assert_eq!(flaw(b""), Some(Flaw::Empty));
        assert_eq!(flaw(b" \n"), Some(Flaw::Empty));
        assert_eq!(flaw(b"{}"), None);
        assert_eq!(flaw(b"\xbf\xff"), None);
    }
}
