"""The embedded server's addresses: Label Studio's, and ours before them."""

from core.urls import urlpatterns as theirs
from django.db.models.signals import post_save
from django.urls import path
from ml.models import MLBackend, create_ml_webhook

from labeling.server.accounts import Accounts, Members, Roles
from labeling.server.assigned import Items, Progress
from labeling.server.page_files import file
from labeling.server.training import Feedback, Training

# Label Studio would tell a model's server of every action, with its content, and 1.23 refuses the model itself because
# it refuses that address. `stance label backend` answers and learns nothing: it needs to be told nothing.
post_save.disconnect(create_ml_webhook, sender=MLBackend)

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
