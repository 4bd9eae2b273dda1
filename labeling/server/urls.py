"""The embedded server's addresses: Label Studio's, and ours before them."""

from core.urls import urlpatterns as theirs
from django.urls import path

from labeling.server.accounts import Accounts, Members, Roles

urlpatterns = [
    path("api/stancelab/roles/", Roles.as_view(), name="stancelab-roles"),
    path("api/stancelab/accounts/", Accounts.as_view(), name="stancelab-accounts"),
    path("api/stancelab/projects/<int:pk>/members/", Members.as_view(), name="stancelab-members"),
    *theirs,
]
