"""Servers: the chat models that speak OpenAI's protocol: OpenAI's, Azure's, vLLM's, anybody's.

`agents/models.py` opens and closes them. Every client has a timeout and tries once, because
`agents/calls.py` tries again, and none streams: nobody would read it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_openai import AzureChatOpenAI, ChatOpenAI
from openai import DefaultAioHttpClient
from pydantic import SecretStr

from agents.faults import ModelError
from agents.specs import ModelSpec

TIMEOUT_SECONDS = 120.0
OUTPUT_TOKENS = 4096
"""Of a server of one's own: more may not fit beside the prompt."""
HOSTED_OUTPUT_TOKENS = 16_384
"""Of OpenAI's and Azure's models, which think before they write."""
ENTRA_SCOPE = "https://cognitiveservices.azure.com/.default"

Close = Callable[[], Awaitable[None]]


class _Whole:
    """Sends the response format as it is and takes the reply as it comes.

    The client would parse the reply itself, and lose it with its tokens where it was cut off.
    """

    def _get_request_payload(
        self, input_: LanguageModelInput, *, stop: list[str] | None = None, **kwargs: Any
    ) -> dict[str, Any]:
        wanted = kwargs.pop("response_format", None)
        inherited: Any = super()
        payload: dict[str, Any] = inherited._get_request_payload(input_, stop=stop, **kwargs)
        return payload | ({"extra_body": {"response_format": wanted}} if wanted else {})


class OpenAIModel(_Whole, ChatOpenAI):
    """A model behind any server that speaks OpenAI's chat completions."""


class AzureModel(_Whole, AzureChatOpenAI):
    """A deployment on Azure."""


def open_server(
    spec: ModelSpec, variables: Mapping[str, str], output_tokens: int | None
) -> tuple[BaseChatModel, Close]:
    """Return the model of a spec whose server is known, and what closes its connections.

    Raises:
        ModelError: a key, an address or a library is missing.
    """
    if spec.provider == "azure":
        return _azure(spec, variables, output_tokens)
    own = spec.url or variables.get("OPENAI_BASE_URL") if spec.provider == "openai" else spec.url
    key = variables.get("OPENAI_API_KEY" if spec.provider == "openai" else "VLLM_API_KEY")
    if not key and not own:
        raise ModelError(
            "openai: models need a key. Set OPENAI_API_KEY in the environment or .env."
        )
    client = DefaultAioHttpClient()
    model = OpenAIModel(
        model=spec.model,
        base_url=own,
        api_key=SecretStr(key or "none"),
        timeout=TIMEOUT_SECONDS,
        max_retries=0,
        max_completion_tokens=output_tokens or (OUTPUT_TOKENS if own else HOSTED_OUTPUT_TOKENS),
        use_responses_api=False,
        disable_streaming=True,
        http_async_client=client,
    )
    return model, client.aclose


def _azure(
    spec: ModelSpec, variables: Mapping[str, str], output_tokens: int | None
) -> tuple[BaseChatModel, Close]:
    version = variables.get("OPENAI_API_VERSION") or variables.get("AZURE_OPENAI_API_VERSION")
    if not version:
        raise ModelError("azure: models need OPENAI_API_VERSION, such as 2024-10-21.")
    client = DefaultAioHttpClient()
    access, close_access = _azure_access(variables)
    model = AzureModel(
        azure_endpoint=variables["AZURE_OPENAI_ENDPOINT"],
        azure_deployment=spec.model,
        api_version=version,
        timeout=TIMEOUT_SECONDS,
        max_retries=0,
        max_completion_tokens=output_tokens or HOSTED_OUTPUT_TOKENS,
        use_responses_api=False,
        disable_streaming=True,
        http_async_client=client,
        **access,
    )

    async def close() -> None:
        await client.aclose()
        await close_access()

    return model, close


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


async def close_nothing() -> None:
    """Close nothing: there is no connection."""
