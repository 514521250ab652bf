import django.contrib.postgres.indexes
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.contrib.postgres.search import SearchVector
from django.db import migrations, models
from django.db.models import F, Func, Value

PARTING = "@._-+/:,;()[]{}<>|&!*\"'\\"


def parted(text):
    found = F(text)
    for sign in PARTING:
        found = Func(found, Value(sign), Value(" "), function="replace", output_field=models.TextField())
    return found


class Migration(migrations.Migration):
    """The same words in an index that is cheaper to keep. Until the last release ends, its searches read the table."""

    atomic = False

    dependencies = [
        ("campaigns", "0008_names_with_erasures"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="influencer",
            index=django.contrib.postgres.indexes.GinIndex(
                SearchVector(parted("search_text"), config="simple"), name="influencer_by_word"
            ),
        ),
        RemoveIndexConcurrently(
            model_name="influencer",
            name="influencer_words",
        ),
    ]
