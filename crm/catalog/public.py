"""Catalogues behind public links: the page that opens without an account."""

from dataclasses import dataclass
from datetime import timedelta

from flask.typing import ResponseReturnValue
from sqlalchemy import select

from crm.catalog.display import facts
from crm.catalog.models import Catalog, CatalogLink
from crm.companies.models import Company
from crm.companies.settings import app_settings
from crm.core.db import db
from crm.core.files.serving import answer
from crm.core.links import services as links
from crm.core.links.models import PublicLink
from crm.core.links.purposes import Pictures, Purpose

NAME = "catalog"
VALID = timedelta(days=30)


@dataclass(frozen=True)
class CatalogPage:
    """Everything templates/catalog/public.html places."""

    title: str
    company: str
    facts: str
    has_cover: bool
    has_logo: bool


def share(catalog: Catalog, company: Company) -> tuple[CatalogLink, str]:
    """A link to a catalogue in the name of `company`, and its address, which is told this once."""
    link, token = links.create(NAME, company.id, VALID)
    shared = CatalogLink(link=link, catalog=catalog)
    db.session.add(shared)
    return shared, links.address_of(token)


def _page(link: PublicLink) -> CatalogPage | None:
    catalog = _catalog(link)
    if catalog is None:
        return None
    pictures = _pictures(link)
    company = db.session.get_one(Company, link.company_id)
    return CatalogPage(
        catalog.name, company.name, facts(catalog), "cover" in pictures, "logo" in pictures
    )


def _pictures(link: PublicLink) -> Pictures:
    catalog = _catalog(link)
    logo = db.session.get_one(Company, link.company_id).logo
    found = {"cover": catalog.cover, "logo": logo} if catalog is not None else {}
    return {name: file for name, file in found.items() if file is not None}


def _download(link: PublicLink) -> ResponseReturnValue | None:
    catalog = _catalog(link)
    return answer(catalog.file) if catalog is not None else None


def _catalog(link: PublicLink) -> Catalog | None:
    """What the link opens; None while catalogues are not managed, and in the bin."""
    if not app_settings().manage_catalogs:
        return None
    of_link = select(Catalog).join(CatalogLink).where(CatalogLink.link_id == link.id)
    return db.session.scalars(of_link.where(Catalog.deleted_at.is_(None))).first()


PURPOSE = Purpose(NAME, "catalog/public.html", _page, _pictures, _download)
