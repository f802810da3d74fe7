"""Django's own user and group with what django-scim2 wants of them, and the filters that its documentation leaves to a project."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django_scim.filters import GroupFilterQuery, UserFilterQuery
from django_scim.models import AbstractSCIMGroupMixin, AbstractSCIMUserMixin


class Group(AbstractSCIMGroupMixin):
    name = models.CharField(max_length=254, unique=True)


class User(AbstractSCIMUserMixin, AbstractUser):
    circles = models.ManyToManyField(Group, related_name="user_set")

    @property
    def scim_groups(self):
        return self.circles


class UserFilter(UserFilterQuery):
    attr_map = {**UserFilterQuery.attr_map, ("externalId", None, None): "scim_external_id", ("id", None, None): "scim_id"}


class GroupFilter(GroupFilterQuery):
    attr_map = {("displayName", None, None): "name", ("externalId", None, None): "scim_external_id"}
