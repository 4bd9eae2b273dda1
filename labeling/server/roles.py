"""Who somebody is to the embedded server: owner, adjudicator or annotator; and which projects are theirs.

Roles are Django's groups, projects Label Studio's ``ProjectMember`` rows: no endpoint of Label Studio writes either.
Imported in the server's process only.
"""

from typing import Any

from django.contrib.auth.models import Group
from projects.models import ProjectMember

OWNER, ADJUDICATOR, ANNOTATOR = "owner", "adjudicator", "annotator"
ROLES = (OWNER, ADJUDICATOR, ANNOTATOR)
_PREFIX = "stancelab "


def role_of(user: Any) -> str:
    """The role of a Django user; whoever was given none is an annotator."""
    if user.is_superuser:
        return OWNER
    names = set(user.groups.values_list("name", flat=True))
    return next((role for role in ROLES if _PREFIX + role in names), ANNOTATOR)


def set_role(user: Any, role: str) -> None:
    """Give a user this role instead of the one they had."""
    user.groups.remove(*Group.objects.filter(name__startswith=_PREFIX))
    if role != ANNOTATOR:
        user.groups.add(Group.objects.get_or_create(name=_PREFIX + role)[0])


def projects_of(user: Any) -> set[int]:
    """The ids of the projects that a user is a member of."""
    return set(ProjectMember.objects.filter(user=user, enabled=True).values_list("project_id", flat=True))
