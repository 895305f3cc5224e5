using System.Text.Json;
using System.Text.Json.Nodes;
using Loyalty.Connectors.Http;
using Loyalty.Messages;
using Loyalty.Queue;

namespace Loyalty.Connectors.Providers;

/// <summary>Discounts in a shop of Shopify, by the GraphQL Admin API: by a tag that a segment reads, or in the list of a discount itself.</summary>
/// <remarks>
/// By tag a member costs one write and no discount grows with the club, so it is the default. Every call repeats harmlessly. Thread-safe.
/// </remarks>
public sealed class ShopifyConnector : ICrmConnector, IDisposable
{
    /// <summary>The version of the API when the target names none.</summary>
    public const string DefaultVersion = "2026-10";

    private readonly ProviderClient _client;
    private readonly TargetOptions _target;
    private readonly string _path;
    private readonly bool _byDiscount;

    /// <summary>Creates the connector.</summary>
    /// <param name="target">A target of the kind, with a token.</param>
    /// <param name="clock">The real clock.</param>
    public ShopifyConnector(TargetOptions target, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(target);
        _target = target;
        _byDiscount = target.Optional("discountBy") is "discount";
        _path = $"/admin/api/{target.Optional("version") ?? DefaultVersion}/graphql.json";
        _client = new ProviderClient(target, clock, target.Setting("token"));
        _client.Headers.TryAddWithoutValidation("X-Shopify-Access-Token", target.Setting("token"));
    }

    /// <inheritdoc/>
    public bool MapsStage(string stage) => _target.Stages.ContainsKey(stage);

    /// <inheritdoc/>
    public async Task<CrmCustomer?> FindCustomerByEmailAsync(string email, CallScope scope)
    {
        const string Query = "query($identifier: CustomerIdentifierInput!) { customerByIdentifier(identifier: $identifier) { id defaultEmailAddress { emailAddress } } }";
        var data = await AskAsync(Query, new JsonObject { ["identifier"] = new JsonObject { ["emailAddress"] = email } }, scope).ConfigureAwait(false);
        if (data.Member("customerByIdentifier") is not { } customer || customer.Text("id") is not { } id)
        {
            return null;
        }

        var found = customer.Member("defaultEmailAddress")?.Text("emailAddress") ?? customer.Text("email");
        return found is null || ProviderJson.IsSameEmail(found, email) ? new CrmCustomer(id, found ?? email) : null;
    }

    /// <inheritdoc/>
    public async Task<CrmCustomer> UpsertCustomerAsync(Contact contact, CallScope scope)
    {
        ArgumentNullException.ThrowIfNull(contact);
        var email = contact.Address ?? throw new ConnectorException(DeliveryAnswer.Refused(QueueRules.NoAddress));
        if (await FindCustomerByEmailAsync(email, scope).ConfigureAwait(false) is { } found)
        {
            return found;
        }

        const string Query = """
            mutation($identifier: CustomerSetIdentifiers, $input: CustomerSetInput!) {
              customerSet(identifier: $identifier, input: $input) { customer { id } userErrors { field message code } } }
            """;
        var input = new JsonObject { ["email"] = email };
        if (contact.FirstName.Length > 0)
        {
            input["firstName"] = contact.FirstName;
        }

        if (contact.LastName.Length > 0)
        {
            input["lastName"] = contact.LastName;
        }

        var data = await AskAsync(Query, new JsonObject { ["identifier"] = new JsonObject { ["email"] = email }, ["input"] = input }, scope).ConfigureAwait(false);
        var result = data.Member("customerSet");
        if (UserErrors(result) is { } errors)
        {
            // Somebody else may have made the customer meanwhile.
            return await FindCustomerByEmailAsync(email, scope).ConfigureAwait(false) ?? throw new ConnectorException(DeliveryAnswer.Refused(errors));
        }

        return new CrmCustomer(result?.Member("customer")?.Text("id") ?? throw new ConnectorException(DeliveryAnswer.Unknown()), email);
    }

    /// <inheritdoc/>
    public async Task AddToDiscountAsync(OutgoingOperation operation, CallScope scope)
    {
        ArgumentNullException.ThrowIfNull(operation);
        var customer = await UpsertCustomerAsync(operation.Contact, scope).ConfigureAwait(false);
        await SetAsync(customer.Id, _target.Stages[operation.Stage], wanted: true, scope).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task RemoveFromDiscountAsync(OutgoingOperation operation, CallScope scope)
    {
        ArgumentNullException.ThrowIfNull(operation);
        if (operation.Contact.Address is { } email && await FindCustomerByEmailAsync(email, scope).ConfigureAwait(false) is { } customer)
        {
            await SetAsync(customer.Id, _target.Stages[operation.Stage], wanted: false, scope).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();

    private static string? UserErrors(JsonElement? result)
    {
        var errors = result?.Items("userErrors").Select(static e => $"{e.Text("code")} {e.Text("message")}".Trim()).ToArray() ?? [];
        return errors.Length == 0 ? null : QueueRules.Cut("200 " + string.Join("; ", errors));
    }

    private Task SetAsync(string customer, string place, bool wanted, CallScope scope) =>
        _byDiscount ? SetInDiscountAsync(customer, place, wanted, scope) : SetTagAsync(customer, place, wanted, scope);

    private async Task SetTagAsync(string customer, string tag, bool wanted, CallScope scope)
    {
        var name = wanted ? "tagsAdd" : "tagsRemove";
        var query = $"mutation($id: ID!, $tags: [String!]!) {{ {name}(id: $id, tags: $tags) {{ node {{ id }} userErrors {{ field message }} }} }}";
        var data = await AskAsync(query, new JsonObject { ["id"] = customer, ["tags"] = new JsonArray(tag) }, scope).ConfigureAwait(false);
        if (UserErrors(data.Member(name)) is { } errors)
        {
            throw new ConnectorException(DeliveryAnswer.Refused(errors));
        }
    }

    private async Task SetInDiscountAsync(string customer, string discount, bool wanted, CallScope scope)
    {
        var isAutomatic = discount.Contains("Automatic", StringComparison.Ordinal);
        var (name, input, type) = isAutomatic
            ? ("discountAutomaticBasicUpdate", "automaticBasicDiscount", "DiscountAutomaticBasicInput")
            : ("discountCodeBasicUpdate", "basicCodeDiscount", "DiscountCodeBasicInput");
        var query = $"mutation($id: ID!, $input: {type}!) {{ {name}(id: $id, {input}: $input) {{ userErrors {{ field message code }} }} }}";
        var change = new JsonObject
        {
            ["context"] = new JsonObject { ["customers"] = new JsonObject { [wanted ? "add" : "remove"] = new JsonArray(customer) } },
        };
        var data = await AskAsync(query, new JsonObject { ["id"] = discount, ["input"] = change }, scope).ConfigureAwait(false);
        if (UserErrors(data.Member(name)) is { } errors && await IsInAsync(customer, discount, isAutomatic, scope).ConfigureAwait(false) != wanted)
        {
            throw new ConnectorException(DeliveryAnswer.Refused(errors));
        }
    }

    /// <summary>Whether a customer is in the list of a discount; <see langword="null"/> when that cannot be said.</summary>
    private async Task<bool?> IsInAsync(string customer, string discount, bool isAutomatic, CallScope scope)
    {
        var (node, member, type) = isAutomatic
            ? ("automaticDiscountNode", "automaticDiscount", "DiscountAutomaticBasic")
            : ("codeDiscountNode", "codeDiscount", "DiscountCodeBasic");
        var query = $"query($id: ID!) {{ {node}(id: $id) {{ {member} {{ ... on {type} {{ context {{ ... on DiscountCustomers {{ customers {{ id }} }} }} }} }} }} }}";
        try
        {
            var data = await AskAsync(query, new JsonObject { ["id"] = discount }, scope).ConfigureAwait(false);
            return data.Member(node)?.Member(member)?.Member("context") is { } context
                ? context.Items("customers").Any(c => string.Equals(c.Text("id"), customer, StringComparison.Ordinal))
                : null;
        }
        catch (ConnectorException e) when (e.Answer.Class == AnswerClass.Refused)
        {
            return null;
        }
    }

    private async Task<JsonElement> AskAsync(string query, JsonObject variables, CallScope scope)
    {
        var reply = await _client.SendAsync(HttpMethod.Post, _path, new JsonObject { ["query"] = query, ["variables"] = variables }, scope).ConfigureAwait(false);
        var json = reply.Json;
        var errors = json?.Items("errors").ToArray() ?? [];

        // A throttled call says so in its body, with 200 or 429 alike.
        if (errors.Any(static e => e.Member("extensions")?.Text("code") is "THROTTLED"))
        {
            throw new ConnectorException(DeliveryAnswer.TryAgain($"{reply.Status} Throttled", reply.NamedWait() ?? CostWait(json!.Value)));
        }

        if (!reply.IsSuccess)
        {
            throw new ConnectorException(reply.Failure(_target.Repeats, Words(json, errors)));
        }

        var body = reply.Required();
        if (errors.Length > 0)
        {
            var text = QueueRules.Cut($"{reply.Status} {Words(json, errors)}");
            throw new ConnectorException(errors.Any(static e => e.Member("extensions")?.Text("code") is "INTERNAL_SERVER_ERROR")
                ? DeliveryAnswer.TryAgain(text)
                : DeliveryAnswer.Refused(text));
        }

        return body.Member("data") ?? throw new ConnectorException(DeliveryAnswer.Unknown());
    }

    /// <summary>How long the bucket takes to fill up to what the query costs.</summary>
    private static TimeSpan? CostWait(JsonElement body)
    {
        var cost = body.Member("extensions")?.Member("cost");
        var bucket = cost?.Member("throttleStatus");
        return cost?.Number("requestedQueryCost") is { } requested && bucket?.Number("currentlyAvailable") is { } available
            && bucket?.Number("restoreRate") is { } rate and > 0 && Math.Max(0, requested - available) / rate is var seconds and < 1e9
            ? TimeSpan.FromSeconds(seconds)
            : null;
    }

    private static string? Words(JsonElement? body, JsonElement[] errors) => errors.Length > 0
        ? string.Join("; ", errors.Select(static e => $"{e.Member("extensions")?.Text("code")} {e.Message()}".Trim()))
        : body?.Text("errors") ?? body?.Message();
}
