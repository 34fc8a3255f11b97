from __future__ import annotations

import pytest

from node import errors, runtime
from node.trade import policies
from node.trade.day import trials
from node.trade.policies import Role

CASES = {name for register in (*runtime.REGISTERS, trials.register) for name in register.cases}


def test_C10_every_use_case_has_a_policy_and_every_policy_a_use_case() -> None:
    assert set(policies.POLICIES) == CASES


@pytest.mark.parametrize("name", sorted(CASES))
def test_C10_the_owner_may_do_everything_and_the_auditor_changes_nothing(name: str) -> None:
    assert policies.permits(policies.MACHINE, name)
    auditor = policies.Caller(Role.AUDITOR)
    if not name.startswith(("audit.", "account.")):  # the auditor's own account is the auditor's
        assert policies.permits(auditor, name) <= policies.POLICIES[name].reads


def test_C10_a_use_case_without_a_policy_is_nobodys() -> None:
    for role in Role:
        with pytest.raises(errors.NodeError) as refused:
            policies.authorise(policies.Caller(role), "something.new")
        assert refused.value.code == "request.forbidden"


def test_C10_a_refusal_names_who_may() -> None:
    with pytest.raises(errors.NodeError) as refused:
        policies.authorise(policies.Caller(Role.WAREHOUSE), "payment.sent")
    assert (refused.value.expected, refused.value.got) == ("finance, owner", "warehouse")
