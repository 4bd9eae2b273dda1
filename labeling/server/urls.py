"""The embedded server's addresses: Label Studio's, and ours before them."""

from core.urls import urlpatterns as theirs
from django.urls import path

from labeling.server.accounts import Accounts, Members, Roles
from labeling.server.assigned import Items, Progress
from labeling.server.page_files import file
from labeling.server.training import Feedback, Training

urlpatterns = [
    path("api/stancelab/roles/", Roles.as_view(), name="stancelab-roles"),
    path("api/stancelab/accounts/", Accounts.as_view(), name="stancelab-accounts"),
    path("api/stancelab/projects/<int:pk>/members/", Members.as_view(), name="stancelab-members"),
    path("api/stancelab/projects/<int:pk>/items/", Items.as_view(), name="stancelab-items"),
    path("api/stancelab/projects/<int:pk>/progress/", Progress.as_view(), name="stancelab-progress"),
    path("api/stancelab/projects/<int:pk>/training/", Training.as_view(), name="stancelab-training"),
    path("api/stancelab/tasks/<int:pk>/feedback/", Feedback.as_view(), name="stancelab-feedback"),
    path("stancelab/page/<str:name>", file, name="stancelab-page"),
    *theirs,
]
