"""Feedback with a proof of purchase: the order's own key speaks, once, and names how the seller confirmed the purchase.

Two facts, each with one writer and written once: the seller's token, and the buyer's word, which names a proof of the
purchase that its author knew. So there is nothing to linearise, and what crosses on the way changes nothing. It proves
who spoke, not what the consumer thought (docs/decisions/0030-an-orders-own-key-gives-feedback.md).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from contracts import channels
from contracts.channels import Candidate, Change, Channel, Plan
from contracts.documents import feedbacks as papers
from contracts.errors import Fault
from contracts.orders import Order
from protocol import feedbacks as signatures


class FeedbackState(StrEnum):
    """How far the feedback about an order has come."""

    OPEN = "open"
    INVITED = "invited"
    GIVEN = "given"


@dataclass(frozen=True, slots=True)
class Feedback:
    """About the order `key`, whose own public key is `public` (32 bytes). `given` is the entry with the word."""

    key: bytes
    public: bytes
    token: bytes | None = None
    given: bytes | None = None
    document: papers.Give | None = None

    @property
    def state(self) -> FeedbackState:
        """How far it has come."""
        if self.given is not None:
            return FeedbackState.GIVEN
        return FeedbackState.OPEN if self.token is None else FeedbackState.INVITED


def token(channel: Channel, candidate: Candidate) -> Plan:
    """`feedback.token` of the seller."""
    document = candidate.document
    assert isinstance(document, papers.Token)
    found = _about(channel, candidate, document.thread)
    if isinstance(found, Plan):
        return found
    feedback, order = found
    faults = channels.role_faults(candidate, order.version.seller)
    if not faults and feedback.token is not None:
        faults.append(Fault("feedback.state", "thread", "an order without a token", feedback.token.hex()))
    if faults:
        return channels.refused(faults)
    return Plan(effect=lambda: [_put(channel, replace(channel.feedbacks[feedback.key], token=candidate.item.hash))])


def give(channel: Channel, candidate: Candidate) -> Plan:
    """`feedback.give` and `feedback.forward` of the buyer, who knows the seller's proof of the purchase."""
    document = candidate.document
    assert isinstance(document, papers.Give)
    found = _about(channel, candidate, document.thread)
    if isinstance(found, Plan):
        return found
    feedback, order = found
    faults = channels.role_faults(candidate, order.version.seller)
    if not faults and feedback.given is not None:
        faults.append(Fault("feedback.state", "thread", "an order about which nothing was said", feedback.given.hex()))
    unknown = channels.dangling(channel, candidate, [("token", document.token)])
    if not unknown and document.token not in (feedback.token, *order.parcels):
        wanted = "a hand-over that stands, or the token of this order"
        unknown.append(Fault("feedback.state", "token", wanted, document.token.hex()))
    if not signatures.stands(feedback.public, candidate.item.body, document.signature):
        faults.append(Fault("feedback.signature", "signature", "one of the order's feedback_key", "another"))
    if faults or unknown:
        return channels.refused([*unknown, *faults])
    given = candidate.item.hash
    return Plan(
        effect=lambda: [_put(channel, replace(channel.feedbacks[feedback.key], given=given, document=document))]
    )


def _about(channel: Channel, candidate: Candidate, name: bytes) -> tuple[Feedback, Order] | Plan:
    feedback, thread = channel.feedbacks.get(name), channel.threads.get(name)
    order: Order | None = None if thread is None else channels.thread_at(channel, thread, candidate.past)
    if feedback is None or order is None:
        return channels.refused([Fault("feedback.none", "thread", "a known order with a feedback_key", name.hex())])
    return feedback, order


def opened(channel: Channel, key: bytes, public: bytes | None) -> None:
    """An order was placed: remember its key, if it has one."""
    if public is not None:
        channel.feedbacks[key] = Feedback(key, public)


def _put(channel: Channel, feedback: Feedback) -> Change:
    before = channel.feedbacks.get(feedback.key)
    channel.feedbacks[feedback.key] = feedback
    return Change("feedback", feedback.key, before, feedback)
