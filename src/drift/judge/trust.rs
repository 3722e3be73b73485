//! Who vouches for what is published, and for how long.

use std::collections::BTreeSet;

use super::{Judge, date, item};
use crate::apt::path;
use crate::debian::suite::Codename;
use crate::drift::{DistributionFacts, Keyring, Signature};
use crate::fingerprint::Fingerprint;
use crate::report::{DriftItem, DriftKind, Severity};
use crate::sign::{KeyWarning, PublicKey, SignatureState, SignatureStatus};
use crate::time::Timestamp;

impl Judge<'_> {
    /// Returns what is wrong with a distribution's signature.
    pub(super) fn signature(
        &self,
        codename: &Codename,
        found: &DistributionFacts,
    ) -> Option<DriftItem> {
        let (kind, actual) = match &found.signature {
            Signature::Unchecked => return None,
            Signature::Absent => (DriftKind::Unsigned, "a Release without signature".to_owned()),
            Signature::Unverifiable => (DriftKind::Unverifiable, "no keyring to verify it".into()),
            Signature::Malformed(reason) => (DriftKind::BadSignature, (*reason).to_owned()),
            Signature::By(signers) => {
                let said = signers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
                let mut vouching = signers.iter().filter(|signer| self.vouches(signer)).peekable();
                if signers.iter().any(|signer| signer.state == SignatureState::Bad) {
                    (DriftKind::BadSignature, said)
                } else if vouching.peek().is_none() {
                    (DriftKind::UnknownSigner, said)
                } else if vouching.all(|signer| signer.state == SignatureState::Expired) {
                    (DriftKind::SignatureExpired, said)
                } else {
                    return None;
                }
            }
        };
        let is_expired = kind == DriftKind::SignatureExpired;
        let severity = if is_expired { Severity::Breaking } else { Severity::Security };
        let names: Vec<_> = self.expected.keys.keys().map(|key| self.key_name(key)).collect();
        Some(DriftItem {
            expected: Some(format!("a signature by {}", names.join(" or "))),
            actual: Some(actual),
            ..item(severity, kind, path::in_release(codename))
        })
    }

    /// Tells whether a signature is one of a key of the manifest.
    fn vouches(&self, signer: &SignatureStatus) -> bool {
        let is_right = matches!(signer.state, SignatureState::Good | SignatureState::Expired);
        is_right && signer.fingerprint.is_some_and(|key| self.expected.keys.contains_key(&key))
    }

    /// Returns what people call a key.
    fn key_name(&self, key: &Fingerprint) -> String {
        let name = self.expected.keys.get(key).cloned().flatten();
        name.unwrap_or_else(|| key.to_string())
    }

    pub(super) fn keyring(&mut self) {
        let signers = self.signers();
        let is_signed = |found: &DistributionFacts| {
            !matches!(found.signature, Signature::Unchecked | Signature::Absent)
        };
        if !self.facts.distributions.values().any(is_signed) {
            return;
        }
        let object = path::keyring(&self.expected.name);
        let keys = match &self.facts.keyring {
            Keyring::Missing => {
                let missing = item(Severity::Breaking, DriftKind::Missing, object);
                return self.items.push(DriftItem { repairable: true, ..missing });
            }
            Keyring::Unreadable => {
                return self.items.push(item(Severity::Breaking, DriftKind::Unreadable, object));
            }
            Keyring::Keys(keys) => keys,
        };
        for absent in signers.iter().filter(|key| keys.iter().all(|k| k.fingerprint != **key)) {
            let name = self.key_name(absent);
            self.items.push(DriftItem {
                expected: Some(format!("{name}, which signs")),
                repairable: true,
                ..item(Severity::Breaking, DriftKind::KeyMissing, &object)
            });
        }
        for key in keys {
            let is_known = self.expected.keys.contains_key(&key.fingerprint);
            if !is_known && !signers.contains(&key.fingerprint) {
                self.items.push(DriftItem {
                    actual: Some(format!("{} \"{}\"", key.fingerprint, key.user_id)),
                    repairable: true,
                    ..item(Severity::Security, DriftKind::StrayKey, &object)
                });
            }
            if signers.contains(&key.fingerprint) {
                self.expiry(key, keys, &signers, &object);
            }
        }
    }

    /// Returns the keys that sign: by the states of distributions that a known key vouches for, or
    /// by the manifest if there are none.
    fn signers(&self) -> BTreeSet<Fingerprint> {
        let is_vouched = |found: &&DistributionFacts| match &found.signature {
            Signature::By(signers) => signers.iter().any(|signer| self.vouches(signer)),
            Signature::Unchecked
            | Signature::Absent
            | Signature::Unverifiable
            | Signature::Malformed(_) => false,
        };
        let vouched = self.facts.distributions.values().filter(is_vouched);
        let states = vouched.filter_map(|found| found.state.as_ref());
        let signers = states.flat_map(|state| &state.signed_by);
        let signers: BTreeSet<_> = signers.filter_map(|key| key.parse().ok()).collect();
        if !signers.is_empty() {
            return signers;
        }
        let declared = self.expected.keys.iter().filter(|(_, name)| name.is_some());
        declared.map(|(key, _)| *key).collect()
    }

    fn expiry(
        &mut self,
        key: &PublicKey,
        keyring: &[PublicKey],
        signers: &BTreeSet<Fingerprint>,
        object: &str,
    ) {
        let now = self.expected.now;
        let Some(end) = end_soon(key, now) else { return };
        let lasts = |other: &&PublicKey| {
            signers.contains(&other.fingerprint) && end_soon(other, now).is_none()
        };
        let others = keyring.iter().filter(lasts).map(|other| self.key_name(&other.fingerprint));
        let others: Vec<_> = others.collect();
        let rest = match &others[..] {
            [] => "; no other key signs".to_owned(),
            [other] => format!("; {other} signs, too"),
            others => format!("; {} sign, too", others.join(" and ")),
        };
        let name = self.key_name(&key.fingerprint);
        self.items.push(DriftItem {
            actual: Some(format!("{name} expires {}{rest}", date(end, now))),
            ..item(Severity::Expiring, DriftKind::KeyExpires, object)
        });
    }
}

/// Returns when a key ends, if that is soon or past.
fn end_soon(key: &PublicKey, now: Timestamp) -> Option<Timestamp> {
    key.warnings(now).into_iter().find_map(|warning| match warning {
        KeyWarning::ExpiresSoon(end) => Some(end),
        KeyWarning::ShortRsa => None,
    })
}
