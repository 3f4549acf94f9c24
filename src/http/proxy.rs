//! The proxy for a server, by the environment variables and rules of curl.
//!
//! `http_proxy` is read in lower case only: CGI passes a header of the client as `HTTP_PROXY`.

use std::net::IpAddr;

use ureq::Proxy;

use super::request::origin;
use crate::error::Error;

/// The proxy for a URL, by the variables that `variable` gives.
pub fn proxy(url: &str, variable: impl Fn(&str) -> Option<String>) -> Result<Option<Proxy>, Error> {
    let first = |names: &[&'static str]| {
        names.iter().find_map(|name| Some((*name, variable(name).filter(|value| !value.trim().is_empty())?)))
    };
    let names: &[&str] = match url.starts_with("https://") {
        true => &["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"],
        false => &["http_proxy", "all_proxy", "ALL_PROXY"],
    };
    let Some((name, address)) = first(names) else { return Ok(None) };
    if first(&["no_proxy", "NO_PROXY"]).is_some_and(|(_, list)| is_exempt(host(url), &list)) {
        return Ok(None);
    }
    parse(name, address.trim()).map(Some)
}

/// Messages do not contain the address, which may contain a password.
fn parse(name: &str, address: &str) -> Result<Proxy, Error> {
    let scheme = address.split_once("://").map_or("http", |(scheme, _)| scheme).to_ascii_lowercase();
    match scheme.as_str() {
        "http" | "https" => Proxy::new(address)
            .map_err(|_| Error::Usage(format!("the variable {name} holds no proxy: want http://host:port"))),
        _ => Err(Error::Usage(format!(
            "the variable {name} names a proxy of the kind {}: only HTTP proxies are supported, as http://host:port; \
             no_proxy exempts a server",
            scheme.escape_debug()
        ))),
    }
}

/// The host of a URL, without port and brackets.
fn host(url: &str) -> &str {
    let authority = origin(url).split_once("://").map_or(url, |(_, authority)| authority);
    match authority.strip_prefix('[') {
        Some(address) => address.split(']').next().unwrap_or(address),
        None => authority.rsplit_once(':').map_or(authority, |(host, _)| host),
    }
}

/// Whether a list of hosts, domains and networks contains a host.
fn is_exempt(host: &str, list: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let address: Option<IpAddr> = host.parse().ok();
    list.trim() == "*"
        || list.split([',', ' ', '\t']).filter(|entry| !entry.is_empty()).any(|entry| match address {
            Some(address) => is_in(address, entry),
            None => is_below(&host, &entry.trim_matches('.').to_ascii_lowercase()),
        })
}

/// Whether a host is a domain or one of its subdomains.
fn is_below(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain).is_some_and(|rest| !domain.is_empty() && (rest.is_empty() || rest.ends_with('.')))
}

/// Whether an address equals another or is in a network.
fn is_in(address: IpAddr, network: &str) -> bool {
    let bits = |address: IpAddr| match address {
        IpAddr::V4(address) => (u128::from(address.to_bits()) << 96, 32),
        IpAddr::V6(address) => (address.to_bits(), 128),
    };
    let (network, length) = network.split_once('/').map_or((network, None), |(network, bits)| (network, Some(bits)));
    let Ok(network) = network.trim_matches(['[', ']']).parse::<IpAddr>() else { return false };
    let ((ours, size), (theirs, their_size)) = (bits(address), bits(network));
    let Ok(length) = length.map_or(Ok(their_size), str::parse::<u32>) else { return false };
    size == their_size && length <= size && (length == 0 || (ours ^ theirs) >> (128 - length) == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(url: &str, variables: &[(&str, &str)]) -> Result<Option<String>, String> {
        let variable =
            |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.to_string());
        let proxy = proxy(url, variable).map_err(|error| error.to_string())?;
        Ok(proxy.map(|proxy| format!("{}:{}", proxy.host(), proxy.port())))
    }

    #[test]
    fn the_variables_are_those_of_curl() {
        for (url, variables, want) in [
            ("https://h/fhir", &[][..], None),
            ("https://h/fhir", &[("https_proxy", "http://p:1"), ("HTTPS_PROXY", "http://q:2")], Some("p:1")),
            ("https://h/fhir", &[("https_proxy", ""), ("HTTPS_PROXY", "q:2")], Some("q:2")),
            ("https://h/fhir", &[("http_proxy", "http://p:1")], None),
            ("https://h/fhir", &[("ALL_PROXY", "http://p")], Some("p:80")),
            ("http://h/fhir", &[("http_proxy", "http://u:secret@p:1")], Some("p:1")),
            ("http://h/fhir", &[("HTTP_PROXY", "http://p:1")], None),
            ("http://h/fhir", &[("all_proxy", "p:1")], Some("p:1")),
        ] {
            assert_eq!(found(url, variables), Ok(want.map(str::to_string)), "{url} {variables:?}");
        }
    }

    #[test]
    fn other_proxies_are_refused_without_their_password() {
        for address in ["socks5://u:secret@p:1", "socks4a://p:1", "SOCKS5H://p:1", "ftp://p", "http://", "http://a b:1"]
        {
            let error = found("https://h", &[("https_proxy", address)]).unwrap_err();
            assert!(error.contains("https_proxy") && !error.contains("secret"), "{address}: {error}");
            assert_eq!(found("https://h", &[("https_proxy", address), ("no_proxy", "h")]), Ok(None));
        }
    }

    #[test]
    fn no_proxy_names_hosts_domains_and_networks() {
        for (url, list, want) in [
            ("https://fhir.example:8443/r4", "fhir.example", true),
            ("https://FHIR.Example", ".example", true),
            ("https://fhir.example.", "example", true),
            ("https://myexample", "example", false),
            ("https://fhir.example", "other, example", true),
            ("https://fhir.example", "other example", true),
            ("https://fhir.example", "*", true),
            ("https://fhir.example", ",", false),
            ("http://127.0.0.1:80", "127.0.0.0/8", true),
            ("http://128.0.0.1", "127.0.0.0/8", false),
            ("http://10.1.2.3", "10.1.2.3", true),
            ("http://10.1.2.3", "0.0.0.0/0", true),
            ("http://10.1.2.3", "10.1.2.3/33", false),
            ("http://10.1.2.3", "2.3", false),
            ("http://[::1]:8080/fhir", "::1", true),
            ("http://[fd00::7]", "fd00::/8", true),
        ] {
            let variables = [("all_proxy", "http://p:1"), ("NO_PROXY", list)];
            assert_eq!(found(url, &variables), Ok((!want).then(|| "p:1".to_string())), "{url} {list}");
        }
    }
}
