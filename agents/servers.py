"""Servers: the chat models that speak OpenAI's protocol: OpenAI's, Azure's, vLLM's, anybody's.

`agents/models.py` opens and closes them. Every client has a timeout and tries once, because
`agents/sending.py` tries again, and none streams: nobody would read it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from openai import DefaultAioHttpClient, Timeout
from pydantic import SecretStr

from agents.call import close_nothing
from agents.chat_models import AzureModel, Close, OpenAIModel
from agents.faults import ModelError
from agents.specs import Connecting, ModelSpec
from agents.transport import connect_seconds

OUTPUT_TOKENS = 4096
"""Of a server of one's own: more may not fit beside the prompt."""
HOSTED_OUTPUT_TOKENS = 16_384
"""Of OpenAI's and Azure's models, which think before they write."""
ENTRA_SCOPE = "https://cognitiveservices.azure.com/.default"


def open_server(
    spec: ModelSpec, variables: Mapping[str, str], connecting: Connecting
) -> tuple[OpenAIModel | AzureModel, Close]:
    """Return the model of a spec whose server is known, and what closes its connections.

    Raises:
        ModelError: a key, an address or a library is missing.
    """
    if spec.provider == "azure":
        return _azure(spec, variables, connecting)
    own = spec.url or variables.get("OPENAI_BASE_URL") if spec.provider == "openai" else spec.url
    key = variables.get("OPENAI_API_KEY" if spec.provider == "openai" else "VLLM_API_KEY")
    if not key and not own:
        raise ModelError(
            "openai: models need a key. Set OPENAI_API_KEY in the environment or .env."
        )
    most = connecting.output_tokens or (OUTPUT_TOKENS if own else HOSTED_OUTPUT_TOKENS)
    model = OpenAIModel(
        model=spec.model,
        base_url=own,
        api_key=SecretStr(key or "none"),
        **_options(connecting, most),
    )
    return model, model.carried(connecting)


def _azure(
    spec: ModelSpec, variables: Mapping[str, str], connecting: Connecting
) -> tuple[AzureModel, Close]:
    version = variables.get("OPENAI_API_VERSION") or variables.get("AZURE_OPENAI_API_VERSION")
    if not version:
        raise ModelError("azure: models need OPENAI_API_VERSION, such as 2024-10-21.")
    access, close_access = _azure_access(variables)
    model = AzureModel(
        azure_endpoint=variables["AZURE_OPENAI_ENDPOINT"],
        azure_deployment=spec.model,
        api_version=version,
        **access,
        **_options(connecting, connecting.output_tokens or HOSTED_OUTPUT_TOKENS),
    )
    close_client = model.carried(connecting)

    async def close() -> None:
        await close_client()
        await close_access()

    return model, close


def _options(connecting: Connecting, output_tokens: int) -> dict[str, Any]:
    return {
        "timeout": Timeout(connecting.timeout, connect=connect_seconds(connecting.timeout)),
        "max_retries": 0,
        "max_completion_tokens": output_tokens,
        "use_responses_api": False,
        "disable_streaming": True,
        "include_response_headers": True,
        "http_async_client": DefaultAioHttpClient(),
    }


_APPLICATION = ("TENANT_ID", "CLIENT_ID", "CLIENT_SECRET")


def _azure_access(variables: Mapping[str, str]) -> tuple[dict[str, Any], Close]:
    """Return the key or the token, or where tokens come from: Entra, by who runs this."""
    if key := variables.get("AZURE_OPENAI_API_KEY"):
        return {"api_key": SecretStr(key)}, close_nothing
    if token := variables.get("AZURE_OPENAI_AD_TOKEN"):
        return {"azure_ad_token": SecretStr(token)}, close_nothing
    try:
        from azure.identity.aio import (
            ClientSecretCredential,
            DefaultAzureCredential,
            get_bearer_token_provider,
        )
    except ImportError as error:
        raise ModelError(
            "azure: models need AZURE_OPENAI_API_KEY or AZURE_OPENAI_AD_TOKEN; to sign in with "
            "Entra instead, pip install -e '.[azure]'."
        ) from error
    application = [variables.get(f"AZURE_{name}") for name in _APPLICATION]
    if all(application):
        credential = ClientSecretCredential(*map(str, application))
    else:
        credential = DefaultAzureCredential()
    provider = get_bearer_token_provider(credential, ENTRA_SCOPE)
    return {"azure_ad_async_token_provider": provider}, credential.close
