"""Every rule: a function from the facts to complaints. Each looks at what is right in shape and leaves the rest to others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from apps.dags.document.facts import Facts
from apps.dags.document.problems import Complaint
from apps.dags.document.rules import (
    activation,
    chains,
    columns,
    cycles,
    filters,
    finality,
    names,
    operators,
    pools,
    publishing,
    references,
)

Rule = Callable[[Facts], Iterator[Complaint]]
RULES: Sequence[Rule] = (
    names.the_name_is_the_one_asked_for,
    names.there_is_something_to_do,
    names.a_name_stands_for_one_job,
    names.an_entrypoint_and_its_streams_are_there_once,
    names.a_webhook_path_is_heard_once,
    references.an_input_comes_from_one_place_that_is_there,
    references.a_dataset_that_is_read_is_there,
    references.a_secret_that_is_named_is_given,
    references.a_bundle_is_there,
    cycles.no_job_waits_for_itself,
    activation.a_job_says_what_its_activation_needs,
    activation.append_names_its_key,
    activation.a_schedule_can_be_kept,
    activation.a_trigger_is_about_the_inputs,
    operators.an_operator_is_installed,
    operators.an_operator_is_used_as_it_can_be,
    operators.an_operator_takes_its_config,
    operators.user_code_stays_where_it_is_safe,
    operators.a_runtime_can_do_what_is_asked_of_it,
    operators.a_stream_is_something_that_cryo_has,
    filters.a_filter_asks_for_what_is_there,
    finality.only_final_blocks_are_compacted,
    chains.what_is_read_by_name_is_of_the_same_chain,
    publishing.a_dataset_is_made_of_outputs_that_are_there,
    publishing.an_output_is_one_dataset,
    publishing.a_dataset_has_one_producer,
    publishing.a_dataset_lies_where_its_output_does,
    publishing.something_is_there_to_publish,
    publishing.a_buffered_dataset_has_a_schema,
    columns.columns_are_named_as_they_are,
    columns.a_key_is_made_of_columns_that_are_there,
    columns.a_schema_fits_what_is_written,
    columns.writers_of_one_dataset_agree,
    columns.a_table_can_become_what_is_said,
    publishing.a_union_joins_two_halves,
    publishing.a_range_goes_forward,
)
# What forbids an activation and no deployment: its author may have done all that is theirs to do.
WARNINGS: Sequence[Rule] = (pools.a_pool_that_is_named_can_be_asked,)
