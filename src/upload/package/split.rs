//! Splits a Bundle that `convert` wrote into entries, in one pass over its text.
//!
//! Resources are not parsed, only their ends are found. A Bundle of another form, with white space or members in
//! another order, gives `None` and is parsed as JSON.

use memchr::memmem::Finder;
use memchr::{memchr, memchr2};

use super::head::BundleEntry;
use crate::upload::json::finder;

/// The text after a resource. In a string its quotes would be escaped, and none of our resources has a member of that
/// name. If a foreign resource has one, the remaining text does not close the Bundle, and the split fails.
const REQUEST: &str = r#","request":"#;

/// The entries, if the text is a Bundle of our form.
pub fn entries(text: &str) -> Option<Vec<BundleEntry<'_>>> {
    let mut rest = Rest(text);
    rest.skip(r#"{"resourceType":"Bundle","type":"#)?;
    rest.string()?;
    rest.skip(r#","entry":["#)?;
    let (mut entries, request) = (Vec::with_capacity(8), finder(REQUEST));
    loop {
        entries.push(entry(&mut rest, &request)?);
        if rest.skip(",").is_none() {
            break;
        }
    }
    rest.skip("]}")?;
    rest.0.is_empty().then_some(entries)
}

fn entry<'t>(rest: &mut Rest<'t>, request: &Finder<'_>) -> Option<BundleEntry<'t>> {
    rest.skip(r#"{"fullUrl":"#)?;
    let full_url = rest.string()?;
    rest.skip(r#","resource":"#)?;
    let resource = rest.resource(request)?;
    rest.skip(REQUEST)?;
    let request = serde_json::from_str(rest.object()?).ok()?;
    rest.skip("}")?;
    Some(BundleEntry { full_url: Some(full_url.to_string()), resource: Some(resource), request: Some(request) })
}

/// The remaining text.
struct Rest<'t>(&'t str);

impl<'t> Rest<'t> {
    fn skip(&mut self, part: &str) -> Option<()> {
        self.0 = self.0.strip_prefix(part)?;
        Some(())
    }

    fn take(&mut self, bytes: usize) -> &'t str {
        let (taken, rest) = self.0.split_at(bytes);
        self.0 = rest;
        taken
    }

    /// A string without escapes.
    fn string(&mut self) -> Option<&'t str> {
        self.skip("\"")?;
        let end = memchr2(b'"', b'\\', self.0.as_bytes())?;
        let string = self.take(end);
        self.skip("\"")?;
        Some(string)
    }

    /// A resource on one line, followed by a request.
    fn resource(&mut self, request: &Finder<'_>) -> Option<&'t str> {
        let end = request.find(self.0.as_bytes())?;
        let resource = self.take(end);
        let is_one =
            resource.starts_with('{') && resource.ends_with('}') && memchr(b'\n', resource.as_bytes()).is_none();
        is_one.then_some(resource)
    }

    /// An object without white space between its parts.
    fn object(&mut self) -> Option<&'t str> {
        let bytes = self.0.as_bytes();
        let (mut at, mut depth) = (0, 0_u32);
        self.0.starts_with('{').then_some(())?;
        loop {
            let byte = *bytes.get(at)?;
            at += 1;
            match byte {
                b'"' => at = string_end(bytes, at)?,
                b'{' | b'[' => depth += 1,
                b'}' | b']' if depth == 1 => return Some(self.take(at)),
                b'}' | b']' => depth -= 1,
                0..=b' ' => return None,
                _ => {}
            }
        }
    }
}

/// The offset after a string, from an offset inside it.
fn string_end(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += memchr2(b'"', b'\\', bytes.get(at..)?)?;
        if bytes[at] == b'"' {
            return Some(at + 1);
        }
        at += 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resources(text: &str) -> Option<Vec<&str>> {
        entries(text).map(|entries| entries.iter().filter_map(|entry| entry.resource).collect())
    }

    fn bundle(resource: &str) -> String {
        let entry = |resource: &str| {
            format!(
                r#"{{"fullUrl":"urn:uuid:1","resource":{resource},"request":{{"method":"PUT","url":"ImagingStudy/1"}}}}"#
            )
        };
        let (first, last) = (entry(resource), entry("{}"));
        format!(r#"{{"resourceType":"Bundle","type":"transaction","entry":[{first},{last}]}}"#)
    }

    #[test]
    fn a_resource_ends_where_its_braces_do() {
        for resource in [
            "{}",
            r#"{"a":[{"b":{}},[]],"c":-1.5}"#,
            r#"{"a":"}]\"{","b":"x\\"}"#,
            r#"{"a":"Zoë, born \u007d, \"request\":"}"#,
            "{ }",
        ] {
            assert_eq!(resources(&bundle(resource)).unwrap(), [resource, "{}"]);
        }
    }

    #[test]
    fn what_is_written_in_another_way_is_left_to_a_json_reader() {
        let own_request = [r#"{"a":{},"request":{"method":"GET","url":"x"}}"#, r#"{"a":1,"request":{}}"#];
        for resource in own_request.into_iter().chain(["[]", "null", "{\"a\":\n1}", "{", "{\"a", r#"{"a":"\"#]) {
            assert_eq!(resources(&bundle(resource)), None, "{resource}");
        }
        let text = bundle("{}");
        for changed in [text.replace(",\"request\"", ", \"request\""), text.replace("urn:uuid", "urn\\u003auuid")] {
            assert_eq!(resources(&changed), None, "{changed}");
        }
        (0..text.len()).for_each(|bytes| assert_eq!(resources(&text[..bytes]), None, "cut at {bytes}"));
        assert_eq!(resources(&bundle(&text)), None, "a Bundle in a Bundle");
        assert_eq!(resources(&(text + "{}")), None);
    }
}
