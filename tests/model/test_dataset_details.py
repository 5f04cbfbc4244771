"""Details as a document, as a digest, and as words."""

import json

from wkflow.model.dataset_details import DatasetDetails

ALL = DatasetDetails(("em",), (), "A *retina*", {"animal": "M007", "dyes": ["a"]}, public=False)


def test_a_document_holds_what_is_said_alone() -> None:
    """Nothing said and no tags are two things; JSON gives back what it was given."""
    assert DatasetDetails().to_dict() == {}
    assert not DatasetDetails()
    assert DatasetDetails(tags=())
    document = ALL.to_dict()
    assert document["public"] is False
    assert DatasetDetails.of(json.loads(json.dumps(document))) == ALL


def test_the_digest_changes_with_each_detail() -> None:
    """By it a job is known: one that told another detail counts for nothing."""
    document = ALL.to_dict()
    fewer = [{key: document[key] for key in document.keys() - {name}} for name in document]
    digests = {DatasetDetails.of(one).digest() for one in [document, *fewer]}
    assert len(digests) == len(document) + 1
    assert ALL.digest() == DatasetDetails.of(document).digest()


def test_words_say_yes_and_none() -> None:
    """As a person reads them in the dry run, in an error and on the page."""
    assert ALL.lines() == [
        ("tags", "em"),
        ("teams", "none"),
        ("description", "A *retina*"),
        ("metadata", "animal = M007; dyes = a"),
        ("public", "no"),
    ]
