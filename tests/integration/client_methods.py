"""A call of every public method of MLClient's collections, in an order in which they can be made.

Each is an expression as a user writes it, below `ml`; its result is waited for, and listed. The
names that it uses are set up by `SETUP`, which a client's process runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

SETUP = """
import inspect, io
from collections.abc import Iterator
from azure.core.polling import LROPoller
from azure.ai.ml import Input, dsl, load_component
from azure.ai.ml.entities import *
from azure.ai.ml.entities._load_functions import (
    load_index, load_marketplace_subscription, load_model_package, load_serverless_endpoint)
from azure.ai.ml.entities._assets.default_deployment_template import DeploymentTemplateReference
import logging
logging.disable(logging.CRITICAL)
here = files

def yaml(load, **fields):
    return load(io.StringIO(json.dumps(fields)))

write("code/score.py", "def init(): pass\\ndef run(raw): return raw\\n")
write("code/batch.py", "def init(): pass\\ndef run(files): return [0 for _ in files]\\n")
write("late/plus.txt", "1")
write("rows/a.txt", "a")
write("request.json", "{}")

def code(script):
    return CodeConfiguration(code=str(files / "code"), scoring_script=script)

image = {"image": "ubuntu"}
def component(name):
    return yaml(load_component, type="command", name=name, version="1", environment=image,
                command="ls", code=str(files / "code"))

say = component("say")

def job():
    return load_job(write("job.yml", json.dumps(node("echo hi", compute="serverless"))))

def named(entity, name):
    entity.name = name
    return entity

def endpoint(**more):
    return ManagedOnlineEndpoint(name="scored", auth_mode="key", **more)

def blue():
    return ManagedOnlineDeployment(
        name="blue", endpoint_name="scored", model="azureml:late:1", environment="azureml:e:1",
        code_configuration=code("score.py"), instance_type="Standard_DS3_v2", instance_count=1)

def green():
    return ModelBatchDeployment(
        name="green", endpoint_name="nightly", model="azureml:late:1", environment="azureml:e:1",
        code_configuration=code("batch.py"), compute="cpu",
        settings=ModelBatchDeploymentSettings(mini_batch_size=1))

def schedule():
    return JobSchedule(name="daily", trigger=CronTrigger(expression="0 4 * * *"),
                       create_job=pipeline({"a": node("ls")}))

def feature_set():
    return FeatureSet(name="f", version="1", entities=["azureml:e:1"],
                      specification=FeatureSetSpecification(path=str(files / "rows")))

write("rows/FeatureSetSpec.yaml", "source: {type: parquet, path: p, timestamp_column: {name: t}}\\n"
      "features: [{name: a, type: string}]\\nindex_columns: [{name: i, type: string}]\\n")
rule = FqdnDestination(name="r", destination="d")
imported = DataImport(name="i", path=f"{LAKE}/i", source=__import__(
    "azure.ai.ml.data_transfer", fromlist=["Database"]).Database(query="q", connection="azureml:c"))
hosted = yaml(load_serverless_endpoint, name="hosted", model_id="azureml://registries/r/models/m")
bought = yaml(load_marketplace_subscription, name="b", model_id="azureml://registries/r/models/m")
index = yaml(load_index, name="index", version="1", path=str(files / "rows"))
package = ModelPackage(
    target_environment="packed", inferencing_server=AzureMLOnlineInferencingServer(
        code_configuration=code("score.py")))
shared = {"share_with_name": "s", "share_with_version": "1", "registry_name": "shared"}
share = AzureFileDatastore(name="s", account_name="a", file_share_name="f")
judge = Model(name="judge", version="1", path=files / "late",
              properties={"is-promptflow": "true", "is-evaluator": "true"})
entity = FeatureStoreEntity(name="e", version="1",
                            index_columns=[DataColumn(name="i", type="string")])
template = DeploymentTemplate(name="t", version="1", environment="azureml:e:1")
"""
CALLS: tuple[str, ...] = (
    "registries.begin_create(Registry(name='shared', location='l', replication_locations=[]))",
    "registries.get('shared')",
    "registries.list()",
    "workspaces.get()",
    "workspaces.list()",
    "workspaces.begin_create(Workspace(name='local', tags={'a': 'b'}))",
    "workspaces.begin_update(Workspace(name='local', tags={'a': 'c'}))",
    "workspaces.get_keys()",
    "workspaces.begin_sync_keys()",
    "workspaces.begin_provision_network(workspace_name='local')",
    "workspaces.begin_diagnose('local')",
    "workspaces.begin_delete('local', delete_dependent_resources=False)",
    "workspace_outbound_rules.list('local')",
    "workspace_outbound_rules.get('local', 'r')",
    "workspace_outbound_rules.begin_create('local', rule)",
    "workspace_outbound_rules.begin_update('local', rule)",
    "workspace_outbound_rules.begin_remove('local', 'r')",
    "compute.begin_create_or_update(AmlCompute(name='cpu', size='STANDARD_DS3_V2'))",
    "compute.begin_attach(SynapseSparkCompute(name='pool', resource_id='/subscriptions/0'))",
    "compute.begin_update(AmlCompute(name='cpu', size='STANDARD_DS3_V2', max_instances=2))",
    "compute.get('cpu')",
    "compute.list()",
    "compute.list_nodes('cpu')",
    "compute.list_sizes()",
    "compute.list_usage()",
    "compute.begin_create_or_update(ComputeInstance(name='mine-00000', size='STANDARD_DS3_V2'))",
    "compute.begin_stop('mine-00000')",
    "compute.begin_start('mine-00000')",
    "compute.begin_restart('mine-00000')",
    "compute.enable_sso(name='mine-00000')",
    "compute.begin_delete('pool', action='Detach')",
    "connections.create_or_update(SerpConnection(name='serp', api_key='k'))",
    "connections.get('serp', populate_secrets=True)",
    "connections.list()",
    "azure_openai_deployments.list('serp')",
    "connections.delete('serp')",
    "datastores.create_or_update(share)",
    "datastores.get('s')",
    "datastores.get_default()",
    "datastores.list()",
    "datastores.delete('s')",
    "data.create_or_update(Data(name='rows', version='1', type='uri_folder', path=here / 'rows'))",
    "data.get('rows', version='1')",
    "data.list('rows')",
    "data.archive('rows', version='1')",
    "data.restore('rows', version='1')",
    "data.import_data(imported)",
    "data.list_materialization_status('rows')",
    "data.share('rows', '1', **shared)",
    "models.create_or_update(Model(name='late', version='1', path=here / 'late'))",
    "models.get('late', version='1')",
    "models.list('late')",
    "models.archive('late', version='1')",
    "models.restore('late', version='1')",
    "models.download('late', '1', download_path=here / 'loaded')",
    "models.package('late', '1', package)",
    "models.share('late', '1', **shared)",
    "environments.create_or_update(Environment(name='e', version='1', image='ubuntu'))",
    "environments.get('e', version='1')",
    "environments.list('e')",
    "environments.archive('e', version='1')",
    "environments.restore('e', version='1')",
    "environments.share('e', '1', **shared)",
    "components.create_or_update(say)",
    "components.get('say', version='1')",
    "components.list('say')",
    "components.archive('say', version='1')",
    "components.restore('say', version='1')",
    "components.validate(say)",
    "components.prepare_for_sign(component('signed'))",
    "components.download('say', download_path=here / 'said', version='1')",
    "jobs.validate(pipeline({'a': node('ls')}))",
    "jobs.create_or_update(named(job(), 'said'))",
    "jobs.stream('said')",
    "jobs.get('said')",
    "jobs.list()",
    "jobs.show_services('said')",
    "jobs.update('said', display_name='Said')",
    "jobs.archive('said')",
    "jobs.restore('said')",
    "jobs.download('said', download_path=here / 'job')",
    "jobs.begin_cancel('said')",
    "jobs.begin_delete('said')",
    "schedules.begin_create_or_update(schedule())",
    "schedules.get('daily')",
    "schedules.list()",
    "schedules.trigger('daily')",
    "schedules.begin_disable('daily')",
    "schedules.begin_enable('daily')",
    "schedules.begin_disable('daily')",
    "schedules.begin_delete('daily')",
    "online_endpoints.begin_create_or_update(endpoint())",
    "online_endpoints.get('scored')",
    "online_endpoints.list()",
    "online_endpoints.get_keys('scored')",
    "online_endpoints.begin_regenerate_keys('scored')",
    "online_deployments.begin_create_or_update(blue())",
    "online_deployments.get('blue', 'scored')",
    "online_deployments.list('scored')",
    "online_deployments.get_logs('blue', 'scored', lines=5)",
    "online_endpoints.invoke('scored', deployment_name='blue', request_file=here / 'request.json')",
    "online_deployments.begin_delete('blue', 'scored')",
    "online_endpoints.begin_delete('scored')",
    "batch_endpoints.begin_create_or_update(BatchEndpoint(name='nightly'))",
    "batch_endpoints.get('nightly')",
    "batch_endpoints.list()",
    "batch_deployments.begin_create_or_update(green())",
    "batch_deployments.get('green', 'nightly')",
    "batch_deployments.list('nightly')",
    "batch_endpoints.invoke('nightly', deployment_name='green', input=Input(path=f'{LAKE}/raw'))",
    "batch_endpoints.list_jobs('nightly')",
    "batch_deployments.list_jobs('nightly', name='green')",
    "batch_deployments.begin_delete('green', 'nightly')",
    "batch_endpoints.begin_delete('nightly')",
    "evaluators.create_or_update(judge)",
    "evaluators.get('judge', version='1')",
    "evaluators.list('judge')",
    "evaluators.download('judge', '1', download_path=here / 'judged')",
    "registries.begin_delete(name='shared')",
    "feature_sets.list()",
    "feature_sets.get('f', '1')",
    "feature_sets.begin_create_or_update(feature_set())",
    "feature_sets.begin_backfill(name='f', version='1', data_status=['None'])",
    "feature_sets.list_materialization_operations('f', '1')",
    "feature_sets.list_features('f', '1')",
    "feature_sets.get_feature('f', '1', feature_name='a')",
    "feature_sets.archive('f', '1')",
    "feature_sets.restore('f', '1')",
    "feature_stores.list()",
    "feature_stores.get('local')",
    "feature_stores.begin_create(FeatureStore(name='store'))",
    "feature_stores.begin_update(FeatureStore(name='store'))",
    "feature_stores.begin_delete('store')",
    "feature_stores.begin_provision_network(feature_store_name='store')",
    "feature_store_entities.list()",
    "feature_store_entities.get('e', '1')",
    "feature_store_entities.begin_create_or_update(entity)",
    "feature_store_entities.archive('e', '1')",
    "feature_store_entities.restore('e', '1')",
    "serverless_endpoints.begin_create_or_update(hosted)",
    "serverless_endpoints.get('hosted')",
    "serverless_endpoints.list()",
    "serverless_endpoints.get_keys('hosted')",
    "serverless_endpoints.begin_regenerate_keys('hosted')",
    "serverless_endpoints.begin_delete('hosted')",
    "marketplace_subscriptions.begin_create_or_update(bought)",
    "marketplace_subscriptions.get('b')",
    "marketplace_subscriptions.list()",
    "marketplace_subscriptions.begin_delete('b')",
    "capability_hosts.begin_create_or_update(CapabilityHost(name='h'))",
    "capability_hosts.get('h')",
    "capability_hosts.begin_delete('h')",
    "indexes.create_or_update(index)",
    "indexes.get('index', version='1')",
    "indexes.list()",
    "deployment_templates.create_or_update(template)",
    "deployment_templates.get('t', version='1')",
    "deployment_templates.list()",
    "deployment_templates.archive('t', version='1')",
    "deployment_templates.restore('t', version='1')",
    "deployment_templates.delete('t', version='1')",
)
# What the machine must have for a call, which is not made then.
NOT_CALLED: Mapping[str, str] = {
    "data.mount": "needs FUSE",
    "datastores.mount": "needs FUSE",
    "indexes.build_index": "needs components of Azure's own registry",
}
CALL_ALL = """
def collections():
    for name in sorted(dir(MLClient)):
        is_property = isinstance(inspect.getattr_static(MLClient, name), property)
        collection = getattr(ml, name) if is_property and not name.startswith("_") else None
        if type(collection).__name__.endswith("Operations"):
            yield name, collection

methods = {f"{name}.{method}" for name, collection in collections() for method in dir(collection)
           if not method.startswith("_") and callable(getattr(type(collection), method, None))}

def outcome(call):
    try:
        result = eval(f"ml.{call}")
        if isinstance(result, LROPoller):
            result = result.result()
        elif isinstance(result, Iterator):
            list(result)
    except HttpResponseError as error:
        said = error.error.message if error.error else str(error)
        return [error.status_code or 0, said]
    except Exception as error:
        return [type(error).__name__, str(error)]
    return [200, ""]

outcomes = [[call, *outcome(call)] for call in CALLS]
sys.stdout.write("\\n")
tell(methods=sorted(methods), outcomes=outcomes)
"""
