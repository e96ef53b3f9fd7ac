"""A project with the pages on two admin sites: the stock one, and one of its own."""

from django.contrib import admin
from django.contrib.auth.models import User
from django.urls import path
from shop.models import Product

from django_es_admin.admin import ElasticsearchSearchMixin, register


class OfficeProductAdmin(ElasticsearchSearchMixin, admin.ModelAdmin[Product]):
    """Products, as the back office searches them."""

    search_fields = ("name",)


back_office = admin.AdminSite(name="back-office")
register(back_office)
back_office.register(Product, OfficeProductAdmin)
back_office.register(User)

urlpatterns = [path("admin/", admin.site.urls), path("office/", back_office.urls)]
