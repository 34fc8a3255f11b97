"""Partners and what is agreed with them: invitations, terms, credit, leaving."""
