"""A Django project of one file that serves django-scim2 from a database in memory.

    python django_scim2.py PORT TOKEN
"""

import sys
from pathlib import Path
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import django
from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application

sys.path.insert(0, str(Path(__file__).resolve().parent))
PORT, TOKEN = int(sys.argv[1]), sys.argv[2]


class Caller:
    """Whoever has the token."""

    is_authenticated = True
    is_anonymous = False


class NoCaller:
    is_authenticated = False
    is_anonymous = True


def bearer(get_response):
    """Django leaves bearer tokens to the project."""

    def middleware(request):
        known = request.headers.get("Authorization") == f"Bearer {TOKEN}"
        request.user = Caller() if known else NoCaller()
        return get_response(request)

    return middleware


settings.configure(
    SECRET_KEY="for one run",
    ALLOWED_HOSTS=["127.0.0.1"],
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "django_scim", "django_people"],
    AUTH_USER_MODEL="django_people.User",
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "file:people?mode=memory&cache=shared"}},
    MIDDLEWARE=["__main__.bearer", "django_scim.middleware.SCIMAuthCheckMiddleware"],
    ROOT_URLCONF="__main__",
    USE_TZ=True,
    SCIM_SERVICE_PROVIDER={
        "SCHEME": "http",
        "NETLOC": f"127.0.0.1:{PORT}",
        "GROUP_MODEL": "django_people.models.Group",
        "USER_FILTER_PARSER": "django_people.models.UserFilter",
        "GROUP_FILTER_PARSER": "django_people.models.GroupFilter",
        "WWW_AUTHENTICATE_HEADER": "Bearer",
        "AUTHENTICATION_SCHEMES": [
            {"type": "oauthbearertoken", "name": "Bearer token", "description": "A token in the Authorization header"}
        ],
    },
)
django.setup()

from django.urls import include, path  # noqa: E402  (Django must be set up before)

urlpatterns = [path("scim/v2/", include("django_scim.urls"))]


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Quiet(WSGIRequestHandler):
    def log_message(self, *_):
        pass


if __name__ == "__main__":
    call_command("migrate", run_syncdb=True, verbosity=0)
    make_server("127.0.0.1", PORT, get_wsgi_application(), Server, Quiet).serve_forever()
