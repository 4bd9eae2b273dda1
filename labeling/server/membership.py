"""Mixed into Label Studio's own Project by the settings, so that its permission checks know members too.

The guard decides; this stands behind it, where a view checks the project that it found.
"""

from typing import Any

from projects.mixins import ProjectMixin as LabelStudios


class ProjectMixin(LabelStudios):
    """A project that only its members, and owners, have permission for."""

    def has_permission(self, user: Any) -> bool:
        """Whether Label Studio's views may show this project, its tasks and annotations to the user."""
        from labeling.server.roles import OWNER, projects_of, role_of  # they need the models that this is a part of

        member = role_of(user) == OWNER or self.pk in projects_of(user)
        return member and bool(super().has_permission(user))
