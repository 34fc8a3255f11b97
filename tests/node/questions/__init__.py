"""Every command with an example: what is typed, the use case, and what it is asked."""

from __future__ import annotations

from tests.node import programs
from tests.node.questions import days, goods, money, orders, partners, people, quarrels

ROOMS = (partners, goods, orders, money, quarrels, days, people)
EVERY: list[programs.Question] = [question for room in ROOMS for question in room.QUESTIONS]
