"""Endpoints of our own, for owners only: accounts with their roles, and who is a member of a project."""

from typing import Any

from django.db import transaction
from django.db.models import Count
from django.shortcuts import get_object_or_404
from projects.models import Project, ProjectMember
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView
from users.models import User

from labeling.server.roles import OWNER, ROLES, role_of, set_role


class IsOwner(BasePermission):
    """Lets owners through."""

    def has_permission(self, request: Any, view: Any) -> bool:
        """Whether the request is an owner's."""
        return role_of(request.user) == OWNER


class Roles(APIView):
    """``GET``: the roles that this server enforces; a Label Studio without our settings has no such address."""

    permission_classes = (IsAuthenticated, IsOwner)

    def get(self, request: Any) -> Response:
        """The names of the roles."""
        return Response({"roles": ROLES})


class Accounts(APIView):
    """``GET``: every account; ``PATCH {"email", "role"?, "active"?}``: change one."""

    permission_classes = (IsAuthenticated, IsOwner)

    def get(self, request: Any) -> Response:
        """All accounts, by address."""
        users = User.objects.annotate(done=Count("annotations")).prefetch_related("groups").order_by("email")
        projects: dict[int, list[int]] = {}
        for user, project in ProjectMember.objects.filter(enabled=True).values_list("user_id", "project_id"):
            projects.setdefault(user, []).append(project)
        return Response(
            [_shown(user) | {"projects": sorted(projects.get(user.id, [])), "done": user.done} for user in users]
        )

    def patch(self, request: Any) -> Response:
        """Change the role of an account, or whether it can sign in."""
        user = get_object_or_404(User, email=request.data.get("email"))
        role, active = request.data.get("role", role_of(user)), request.data.get("active", user.is_active)
        if role not in ROLES or not isinstance(active, bool):
            raise ValidationError(f"expected role ({', '.join(ROLES)}) and active (true, false)")
        if user.is_superuser and (role != OWNER or not active):
            raise ValidationError("the first owner stays one")
        with transaction.atomic():
            set_role(user, role)
            user.is_active = active
            user.save(update_fields=["is_active"])
        return Response(_shown(user))


class Members(APIView):
    """``GET``: the addresses of a project's members; ``PUT {"members": [address]}``: these and no others."""

    permission_classes = (IsAuthenticated, IsOwner)

    def get(self, request: Any, pk: int) -> Response:
        """Who sees the project, beside the owners."""
        return Response({"members": _members(get_object_or_404(Project, pk=pk))})

    def put(self, request: Any, pk: int) -> Response:
        """Make these the members; the work of those who leave stays."""
        project = get_object_or_404(Project, pk=pk)
        wanted = set(request.data.get("members", ()))
        users = list(User.objects.filter(email__in=wanted))
        if unknown := sorted(wanted - {user.email for user in users}):
            raise ValidationError(f"no account: {', '.join(unknown)}")
        with transaction.atomic():
            project.members.exclude(user__in=users).delete()
            there = set(project.members.values_list("user_id", flat=True))
            ProjectMember.objects.bulk_create(
                ProjectMember(user=u, project=project) for u in users if u.id not in there
            )
        return Response({"members": _members(project)})


def _members(project: Any) -> list[str]:
    return sorted(project.members.filter(enabled=True).values_list("user__email", flat=True))


def _shown(user: Any) -> dict[str, Any]:
    return {"id": user.id, "email": user.email, "role": role_of(user), "active": user.is_active}
