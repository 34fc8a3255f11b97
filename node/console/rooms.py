"""All the pages of the console."""

from __future__ import annotations

from typing import Final

from node.console.pages import (
    aftersales,
    agreements,
    arbiters,
    audits,
    capabilities,
    catalogues,
    frames,
    imports,
    invitations,
    invoices,
    networks,
    orders,
    parcels,
    partners,
    payees,
    payments,
    programs,
    reports,
    settings,
    showcases,
    signings,
    statements,
    today,
)

REGISTERS: Final = (
    frames.before,
    frames.register,
    signings.register,
    catalogues.register,
    imports.register,
    showcases.register,
    invitations.register,
    parcels.register,
    orders.register,
    partners.register,
    agreements.register,
    capabilities.register,
    networks.register,
    audits.register,
    aftersales.register,
    arbiters.register,
    invoices.register,
    payments.register,
    payees.register,
    statements.register,
    reports.register,
    settings.register,
    programs.register,
    today.register,
)
