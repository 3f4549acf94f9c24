//! Sends a request until there is an answer that stands, or no hope for one.

use std::sync::Arc;

use super::auth::Auth;
use super::client::Client;
use super::clock::Clock;
use super::exchange::{Answer, Broken, Request};
use super::retry::{Again, Decision, Policy, Safety, decide};
use super::throttle::Throttle;
use crate::error::Error;
use crate::interrupt::Interrupt;
use crate::progress::Progress;

/// Sends requests to one server, for all threads.
pub struct Sender {
    /// The server's base URL.
    pub base: String,
    /// Sends once.
    pub client: Client,
    /// Who we are.
    pub auth: Auth,
    /// How often and how long.
    pub policy: Policy,
    /// What holds all requests back.
    pub throttle: Throttle,
    /// The time.
    pub clock: Box<dyn Clock>,
    /// Whether the user wants it to end.
    pub interrupt: Interrupt,
    /// Hears of retries.
    pub progress: Arc<dyn Progress>,
}

/// What became of a request.
#[derive(Debug)]
pub enum Sent {
    /// The server answered.
    Answer(Answer),
    /// The server never answered, or only that it cannot now.
    GaveUp(String),
    /// It may have been done, and must not be done twice.
    Unknown(String),
    /// It cannot be done; others may be.
    Refused(String),
}

impl Sender {
    /// Sends a request as often as it takes and may be.
    pub fn send(&self, request: &Request<'_>, safety: Safety) -> Result<Sent, Error> {
        self.send_at_most(self.policy.max_tries, request, safety)
    }

    /// The same with a number of tries of its own.
    pub fn send_at_most(&self, max_tries: u32, request: &Request<'_>, safety: Safety) -> Result<Sent, Error> {
        let policy = Policy { max_tries, ..self.policy };
        let (start, clock) = (self.clock.now(), self.clock.as_ref());
        let (mut tries, mut renewed) = (0, false);
        loop {
            self.throttle.wait(clock, &self.interrupt);
            self.interrupt.check()?;
            let header = self.auth.header(&self.client, clock)?;
            let mut result =
                header.as_ref().map_err(Clone::clone).and_then(|header| self.client.send(request, header.as_deref()));
            if let (Ok(Answer { status: 401, .. }), Ok(header)) = (&result, &header) {
                // A request that was refused for its credentials has not been done.
                match self.auth.renew(header.as_deref(), &self.client, clock)? {
                    Ok(true) if !renewed => {
                        renewed = true;
                        continue;
                    }
                    Ok(_) => return Err(self.error("it does not take the credentials (401)")),
                    Err(broken) => result = Err(broken),
                }
            }
            tries += 1;
            let again = match decide(&result, safety, clock.time_of_day()) {
                Decision::AgainBriefly if tries < policy.max_failures => Again { all_wait: false, retry_after: None },
                Decision::Final | Decision::AgainBriefly => return self.last(result, tries > 1),
                Decision::Unknown => return Ok(Sent::Unknown(reason(&result))),
                Decision::Again(again) => again,
            };
            let pause = policy.pause(tries, again.retry_after, clock.random());
            if !policy.allows(tries, clock.now().saturating_sub(start), pause) {
                return Ok(Sent::GaveUp(format!("{} after {tries} tries", reason(&result))));
            }
            self.progress.retried(1);
            self.hold(&again, pause);
        }
    }

    fn hold(&self, again: &Again, pause: std::time::Duration) {
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
            Err(Broken::NotSent(why) | Broken::Sent(why) | Broken::Hopeless(why)) => Err(self.error(&why)),
        }
    }

    /// An error that ends the run.
    pub fn error(&self, reason: &str) -> Error {
        Error::Server { base: self.base.clone(), reason: reason.to_string() }
    }
}

fn reason(result: &Result<Answer, Broken>) -> String {
    match result {
        Ok(answer) => format!("status {}", answer.status),
        Err(Broken::NotSent(why) | Broken::Sent(why) | Broken::Refused(why) | Broken::Hopeless(why)) => why.clone(),
    }
}
