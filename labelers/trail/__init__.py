"""Reading the audit trail: who did what when, for admins of a project and for staff.

`labelers.audit` writes it.
"""
