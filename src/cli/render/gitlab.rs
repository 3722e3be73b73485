//! What GitLab shows of a plan beside a merge request.
//!
//! GitLab has one kind of report for plans, that of Terraform, which holds three numbers and nothing
//! else: <https://docs.gitlab.com/user/infrastructure/iac/mr_integration/>.

use serde_json::json;

use crate::plan::Plan;

/// Returns a plan as `artifacts:reports:terraform` takes it.
pub fn report(plan: &Plan) -> String {
    let sum = plan.summary();
    let report = json!({
        "create": sum.add + sum.distributions,
        "update": sum.change + sum.repair,
        "delete": sum.remove + sum.remove_distributions,
    });
    format!("{report}\n")
}

/// Returns what makes GitLab say that there is no report: one without the numbers.
pub fn failed() -> String {
    "{}\n".to_owned()
}
