//! What of a plan a change of the manifest causes, and what would happen without it, too.

use std::collections::BTreeSet;

use crate::plan::{Copies, Deed, DistributionPlan, DistributionStatus, Indices, Operation, Plan};

/// What the manifest as it was before a change would do now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Baseline {
    deeds: BTreeSet<Deed>,
    dangers: BTreeSet<String>,
}

/// A plan in two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Division {
    /// What the change of the manifest causes.
    pub caused: Plan,
    /// What would happen anyway.
    pub anyway: Plan,
}

impl Baseline {
    /// Returns what the plan of that manifest would do, made on what is published at the same time.
    pub fn of(plan: &Plan) -> Self {
        let dangers = plan.dangers.iter().map(|danger| danger.id.clone()).collect();
        Self { deeds: plan.deeds(), dangers }
    }

    /// Tells whether all of these would be done anyway.
    pub fn has(&self, deeds: impl IntoIterator<Item = Deed>) -> bool {
        deeds.into_iter().all(|deed| self.deeds.contains(&deed))
    }

    /// Tells whether a danger is one anyway.
    pub fn has_danger(&self, id: &str) -> bool {
        self.dangers.contains(id)
    }

    /// Returns what would be done and is not done by this plan: what the change prevents.
    pub fn prevented(&self, plan: &Plan) -> Vec<Deed> {
        // A version that gets other bytes than it would have is not prevented.
        let done: BTreeSet<(String, Operation)> =
            plan.deeds().into_iter().map(|deed| (deed.address, deed.operation)).collect();
        let prevented = self.deeds.iter();
        prevented.filter(|d| !done.contains(&(d.address.clone(), d.operation))).cloned().collect()
    }

    /// Divides the plan of the changed manifest.
    ///
    /// Dangers and notes stay with what the change causes. What only restores what is published
    /// would happen anyway.
    pub fn divide(&self, plan: &Plan) -> Division {
        let (mut caused, mut anyway) = (plan.clone(), plan.clone());
        (anyway.dangers, anyway.notes) = (Vec::new(), Vec::new());
        caused.repairs = Vec::new();
        for (codename, whole) in &plan.distributions {
            let is_turn_known = self.has([match whole.status {
                DistributionStatus::Removed => Deed::removal(codename.as_str()),
                _ => Deed::creation(codename.as_str()),
            }]);
            let part = |is_known: bool| DistributionPlan {
                index_files: whole.index_files,
                // Time runs out whatever the manifest says.
                renewal: whole.renewal.filter(|_| is_known),
                status: match is_known == is_turn_known {
                    true => whole.status,
                    false => DistributionStatus::Published,
                },
                copies: if is_known { whole.copies } else { Copies::Current },
                indices: if is_known { whole.indices } else { Indices::TakenOver },
                fields: whole
                    .fields
                    .iter()
                    .filter(|change| self.has([change.deed(codename)]) == is_known)
                    .cloned()
                    .collect(),
                packages: whole
                    .packages
                    .iter()
                    .filter(|change| self.has(change.deeds(codename)) == is_known)
                    .cloned()
                    .collect(),
            };
            for (plan, part) in [(&mut caused, part(false)), (&mut anyway, part(true))] {
                if part.is_empty() {
                    plan.distributions.remove(codename);
                } else {
                    plan.distributions.insert(codename.clone(), part);
                }
            }
        }
        retain_uploads(&mut caused);
        retain_uploads(&mut anyway);
        Division { caused, anyway }
    }
}

/// Drops the uploads that a part of a plan does not need.
fn retain_uploads(plan: &mut Plan) {
    let changes = plan.distributions.values().flat_map(|distribution| &distribution.packages);
    let keys: BTreeSet<_> =
        changes.flat_map(|change| change.files.iter().map(|file| file.key.clone())).collect();
    plan.uploads.retain(|key, _| keys.contains(key));
}
