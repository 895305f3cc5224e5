using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Loyalty.Connectors.Http;
using Loyalty.Messages;
using Loyalty.Orders;
using Loyalty.Queue;

namespace Loyalty.Connectors.Providers;

/// <summary>Stages as tags of the contacts in an audience of Mailchimp.</summary>
/// <remarks>
/// A contact that is made here is <c>transactional</c>: having a discount subscribes nobody. The status of one that is there is never touched.
/// Every call repeats harmlessly. Thread-safe.
/// </remarks>
public sealed class MailchimpConnector : ICrmConnector, IDisposable
{
    private readonly ProviderClient _client;
    private readonly TargetOptions _target;
    private readonly string _members;

    /// <summary>Creates the connector.</summary>
    /// <param name="target">A target of the kind, with key and list.</param>
    /// <param name="clock">The real clock.</param>
    public MailchimpConnector(TargetOptions target, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(target);
        _target = target;
        _client = new ProviderClient(target, clock, target.Setting("key"));
        _client.SetBasic("loyalty", target.Setting("key"));
        _members = $"/lists/{ProviderJson.Escaped(target.Setting("list"))}/members/";
    }

    /// <inheritdoc/>
    public bool MapsStage(string stage) => _target.Stages.ContainsKey(stage);

    /// <inheritdoc/>
    public async Task<CrmCustomer?> FindCustomerByEmailAsync(string email, CallScope scope)
    {
        var reply = await _client.SendAsync(HttpMethod.Get, _members + Hash(email), null, scope).ConfigureAwait(false);
        if (reply.Status == 404)
        {
            return null;
        }

        var member = Checked(reply);
        return ProviderJson.IsSameEmail(member.Text("email_address"), email) ? new CrmCustomer(member.Text("id") ?? Hash(email), member.Text("email_address")!) : null;
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

        var names = new JsonObject();
        if (contact.FirstName.Length > 0)
        {
            names["FNAME"] = contact.FirstName;
        }

        if (contact.LastName.Length > 0)
        {
            names["LNAME"] = contact.LastName;
        }

        var body = new JsonObject { ["email_address"] = email, ["status_if_new"] = "transactional", ["merge_fields"] = names };
        var member = Checked(await _client.SendAsync(HttpMethod.Put, _members + Hash(email) + "?skip_merge_validation=true", body, scope).ConfigureAwait(false));
        return new CrmCustomer(member.Text("id") ?? Hash(email), email);
    }

    /// <inheritdoc/>
    public async Task AddToDiscountAsync(OutgoingOperation operation, CallScope scope)
    {
        ArgumentNullException.ThrowIfNull(operation);
        await UpsertCustomerAsync(operation.Contact, scope).ConfigureAwait(false);
        await TagAsync(operation, "active", scope).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public Task RemoveFromDiscountAsync(OutgoingOperation operation, CallScope scope)
    {
        ArgumentNullException.ThrowIfNull(operation);
        return TagAsync(operation, "inactive", scope);
    }

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();

    private static string? Words(JsonElement? json)
    {
        if (json is not { } problem)
        {
            return null;
        }

        var fields = problem.Items("errors").Select(static e => $"{e.Text("field")}: {e.Message()}".Trim(' ', ':')).Where(static t => t.Length > 0).ToArray();
        var detail = problem.Text("detail") ?? problem.Text("title");
        return fields.Length == 0 ? detail : $"{detail} ({string.Join("; ", fields)})";
    }

    private async Task TagAsync(OutgoingOperation operation, string status, CallScope scope)
    {
        var email = operation.Contact.Address ?? throw new ConnectorException(DeliveryAnswer.Refused(QueueRules.NoAddress));
        var body = new JsonObject
        {
            ["tags"] = new JsonArray(new JsonObject { ["name"] = _target.Stages[operation.Stage], ["status"] = status }),
            ["is_syncing"] = false,
        };
        var reply = await _client.SendAsync(HttpMethod.Post, _members + Hash(email) + "/tags", body, scope).ConfigureAwait(false);
        var isGone = reply.Status == 404 && status is "inactive";
        if (!isGone && (!reply.IsSuccess || reply.IsBroken || reply.Json is not null))
        {
            Checked(reply);
        }
    }

    /// <summary>The body of a success; one with errors is none.</summary>
    private JsonElement Checked(ProviderReply reply)
    {
        if (!reply.IsSuccess)
        {
            throw new ConnectorException(Failure(reply));
        }

        var body = reply.Required();
        return body.Items("errors").Any()
            ? throw new ConnectorException(DeliveryAnswer.Refused(QueueRules.Cut(ProviderJson.Invariant($"{reply.Status} {Words(body)}"))))
            : body;
    }

    /// <summary>Over its limits the service answers 403 without JSON, too.</summary>
    private DeliveryAnswer Failure(ProviderReply reply) => reply.Status == 403 && reply.Json is null
        ? DeliveryAnswer.TryAgain("403 too many requests", reply.NamedWait())
        : reply.Failure(_target.Repeats, Words(reply.Json));

    /// <summary>The id of a member is the MD5 of the address in lower case: a name, no protection.</summary>
#pragma warning disable CA5351
    private static string Hash(string email) =>
        Convert.ToHexStringLower(MD5.HashData(Encoding.UTF8.GetBytes(CustomerEmail.TryNormalize(email, out var normal) ? normal : email)));
#pragma warning restore CA5351
}
