//! Sends requests with credentials, retries and throttling. Shared by all threads.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::auth::{Auth, Credentials};
use super::client::Client;
use super::clock::Clock;
use super::request::{Answer, Broken, Request};
use super::retry::{Again, Decision, Policy, Safety, decide};
use crate::error::Error;
use crate::interrupt::Interrupt;

/// Sends requests to one server.
pub struct Sender {
    /// Sends a request once.
    pub client: Client,
    /// Time and random numbers.
    pub clock: Box<dyn Clock>,
    /// Whether the run is to stop.
    pub interrupt: Interrupt,
    auth: Auth,
    policy: Policy,
    throttle: Throttle,
    on_retry: Box<dyn Fn(&str) + Send + Sync>,
}

/// The result of a request.
#[derive(Debug)]
pub enum Sent {
    /// The response.
    Answer(Answer),
    /// All tries failed: no response, or only temporary errors.
    GaveUp(String),
    /// The connection was cut at each try, and the request can be sent in parts.
    Cut(String),
    /// The request may have been processed, and must not be sent twice.
    Unknown(String),
    /// The request cannot be sent; others may be.
    Refused(String),
}

impl Sender {
    /// A sender that calls `on_retry` before each retry, with the reason. Nothing is sent yet.
    pub fn new(
        client: Client,
        credentials: Credentials,
        policy: Policy,
        clock: Box<dyn Clock>,
        interrupt: Interrupt,
        on_retry: impl Fn(&str) + Send + Sync + 'static,
    ) -> Sender {
        let auth = Auth::new(credentials);
        Sender { client, clock, interrupt, auth, policy, throttle: Throttle::default(), on_retry: Box::new(on_retry) }
    }

    /// The server's base URL.
    pub fn base(&self) -> &str {
        &self.client.connection().base
    }

    /// An error that ends the run.
    pub fn error(&self, reason: &str) -> Error {
        self.client.error(reason)
    }

    /// A random pause that doubles with each try.
    pub fn pause(&self, tries: u32) {
        self.clock.sleep(self.policy.pause(tries, None, self.clock.random()), &self.interrupt);
    }

    /// Sends a request, and retries it as the policy says.
    pub fn send(&self, request: &Request<'_>, safety: Safety) -> Result<Sent, Error> {
        self.send_at_most(self.policy.max_tries, request, safety)
    }

    /// Like `send`, with another limit of tries.
    pub fn send_at_most(&self, max_tries: u32, request: &Request<'_>, safety: Safety) -> Result<Sent, Error> {
        let policy = Policy { max_tries, ..self.policy };
        let (start, clock) = (self.clock.now(), self.clock.as_ref());
        let (mut tries, mut cuts, mut is_renewed) = (0, 0, false);
        loop {
            let result = self.once(request, &mut is_renewed)?;
            tries += 1;
            cuts += u32::from(matches!(result, Err(Broken::Sent(_))));
            let again = match decide(&result, safety, clock.time_of_day()) {
                Decision::AgainBriefly if tries < policy.max_failures => Again { all_wait: false, retry_after: None },
                Decision::Final | Decision::AgainBriefly => return self.last(result, tries > 1),
                Decision::Unknown => return Ok(Sent::Unknown(reason(&result))),
                Decision::Again(again) => again,
            };
            if request.is_divisible && cuts == tries && cuts >= policy.max_failures {
                return Ok(Sent::Cut(reason_after(&result, tries)));
            }
            let pause = policy.pause(tries, again.retry_after, clock.random());
            if !policy.allows(tries, clock.now().saturating_sub(start), pause) {
                return Ok(Sent::GaveUp(reason_after(&result, tries)));
            }
            (self.on_retry)(&reason(&result));
            self.hold(&again, pause);
        }
    }

    /// Sends once, and again with new credentials if the server refuses the old ones.
    fn once(&self, request: &Request<'_>, is_renewed: &mut bool) -> Result<Result<Answer, Broken>, Error> {
        let clock = self.clock.as_ref();
        loop {
            self.throttle.wait(clock, &self.interrupt);
            self.interrupt.check()?;
            let header = match self.auth.header(&self.client, clock)? {
                Ok(header) => header,
                Err(broken) => return Ok(Err(broken)),
            };
            let result = self.client.send(request, header.as_deref());
            if !matches!(result, Ok(Answer { status: 401, .. })) {
                return Ok(result);
            }
            match self.auth.renew(header.as_deref(), &self.client, clock)? {
                Ok(true) if !*is_renewed => *is_renewed = true,
                Ok(_) => return Err(self.error(refused(header.is_some()))),
                Err(broken) => return Ok(Err(broken)),
            }
        }
    }

    fn hold(&self, again: &Again, pause: Duration) {
        if again.all_wait {
            self.throttle.slow_down(self.clock.now() + pause);
        } else {
            self.clock.sleep(pause, &self.interrupt);
        }
    }

    fn last(&self, result: Result<Answer, Broken>, is_repeat: bool) -> Result<Sent, Error> {
        match result {
            Ok(answer) => Ok(Sent::Answer(Answer { is_repeat, ..answer })),
            Err(Broken::Refused(why)) => Ok(Sent::Refused(why)),
            Err(broken) => Err(self.error(broken.reason())),
        }
    }
}

/// The reason of a 401.
fn refused(has_credentials: bool) -> &'static str {
    match has_credentials {
        true => "it does not take the credentials (401)",
        false => "it asks for credentials (401): give --token-file, --basic-file or --oauth-client-id",
    }
}

fn reason(result: &Result<Answer, Broken>) -> String {
    match result {
        Ok(answer) => format!("status {}", answer.status),
        Err(broken) => broken.reason().to_string(),
    }
}

/// The reason, and how often the request was tried if it was tried again.
fn reason_after(result: &Result<Answer, Broken>, tries: u32) -> String {
    match tries {
        1 => reason(result),
        _ => format!("{} after {tries} tries", reason(result)),
    }
}

/// Delays all requests until a time, while the server is overloaded.
#[derive(Debug, Default)]
struct Throttle(Mutex<Duration>);

impl Throttle {
    /// Sets the time until which requests wait, unless a later one is set.
    fn slow_down(&self, until: Duration) {
        let mut time = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *time = until.max(*time);
    }

    /// Waits until that time, plus jitter for each thread.
    fn wait(&self, clock: &dyn Clock, interrupt: &Interrupt) {
        let time = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let left = time.saturating_sub(clock.now());
        if !left.is_zero() {
            clock.sleep(left + Duration::from_millis(250).mul_f64(clock.random()), interrupt);
        }
    }
}
