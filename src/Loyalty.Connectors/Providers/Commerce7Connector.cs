using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Loyalty.Connectors.Http;
using Loyalty.Messages;
using Loyalty.Queue;

namespace Loyalty.Connectors.Providers;

/// <summary>Discounts in a shop of Commerce7: who has one is said by a tag of the customer, or by a membership in a club of the shop.</summary>
/// <remarks>Every call repeats harmlessly: what is there already is success. Thread-safe.</remarks>
public sealed class Commerce7Connector : ICrmConnector, IDisposable
{
    private readonly ProviderClient _client;
    private readonly TargetOptions _target;
    private readonly bool _byClub;
    private readonly bool _tagsByCustomer;
    private readonly bool _cardForClub;
    private readonly string? _duplicate;

    /// <summary>Creates the connector.</summary>
    /// <param name="target">A target of the kind, with tenant, appId and secret.</param>
    /// <param name="clock">The real clock.</param>
    public Commerce7Connector(TargetOptions target, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(target);
        _target = target;
        _byClub = target.Optional("discountBy") is "club";
        _tagsByCustomer = target.Optional("tagForm") is "customer";
        _cardForClub = target.Optional("clubCard") is "default";
        _duplicate = target.Optional("duplicateStatus");
        _client = new ProviderClient(target, clock, target.Setting("secret"), target.Setting("appId"));
        _client.SetBasic(target.Setting("appId"), target.Setting("secret"));
        _client.Headers.TryAddWithoutValidation("tenant", target.Setting("tenant"));
    }

    /// <inheritdoc/>
    public bool MapsStage(string stage) => _target.Stages.ContainsKey(stage);

    /// <inheritdoc/>
    /// <remarks>The search of the shop is by name first of all; an address that it does not show is looked for in the whole list.</remarks>
    public async Task<CrmCustomer?> FindCustomerByEmailAsync(string email, CallScope scope)
    {
        ArgumentNullException.ThrowIfNull(scope);
        return await SearchAsync(email, scope).ConfigureAwait(false) ?? await WalkAsync(email, scope).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<CrmCustomer> UpsertCustomerAsync(Contact contact, CallScope scope)
    {
        ArgumentNullException.ThrowIfNull(contact);
        ArgumentNullException.ThrowIfNull(scope);
        var email = contact.Address ?? throw new ConnectorException(DeliveryAnswer.Refused(QueueRules.NoAddress));
        if (await SearchAsync(email, scope).ConfigureAwait(false) is { } found)
        {
            return found;
        }

        // Addresses are unique in the shop, so making the customer finds out what the search may have missed.
        var body = new JsonObject { ["emails"] = new JsonArray(new JsonObject { ["email"] = email }) };
        Add(body, "firstName", contact.FirstName);
        Add(body, "lastName", contact.LastName);
        var reply = await _client.SendAsync(HttpMethod.Post, "/customer?isSendTransactionEmail=false", body, scope).ConfigureAwait(false);
        if (IsDuplicate(reply.Status))
        {
            return await FindCustomerByEmailAsync(email, scope).ConfigureAwait(false) ?? throw new ConnectorException(Failure(reply));
        }

        var customer = Checked(reply);
        return new CrmCustomer(customer.Text("id") ?? throw new ConnectorException(DeliveryAnswer.Unknown()), email);
    }

    /// <inheritdoc/>
    public async Task AddToDiscountAsync(OutgoingOperation operation, CallScope scope)
    {
        ArgumentNullException.ThrowIfNull(operation);
        var customer = await UpsertCustomerAsync(operation.Contact, scope).ConfigureAwait(false);
        await SetAsync(customer.Id, _target.Stages[operation.Stage], operation, wanted: true, scope).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task RemoveFromDiscountAsync(OutgoingOperation operation, CallScope scope)
    {
        ArgumentNullException.ThrowIfNull(operation);
        if (operation.Contact.Address is { } email && await FindCustomerByEmailAsync(email, scope).ConfigureAwait(false) is { } customer)
        {
            await SetAsync(customer.Id, _target.Stages[operation.Stage], operation, wanted: false, scope).ConfigureAwait(false);
        }
    }

    /// <summary>Makes a coupon for the customers with a tag: the other half of a stage, to be done once when a program is set up.</summary>
    /// <param name="code">The code; it cannot be changed later.</param>
    /// <param name="title">The title.</param>
    /// <param name="percent">The discount in percent; sent as the target's <c>percentUnit</c> says.</param>
    /// <param name="tagId">The tag.</param>
    /// <param name="scope">The scope of the call.</param>
    /// <returns>The id of the coupon.</returns>
    /// <exception cref="ConnectorException">The shop does not take it.</exception>
    public async Task<string> CreateCouponAsync(string code, string title, decimal percent, string tagId, CallScope scope)
    {
        var unit = _target.Optional("percentUnit") is "hundredths" ? 100 : 1;
        var body = new JsonObject
        {
            ["code"] = code,
            ["title"] = title,
            ["status"] = "Enabled",
            ["usageLimitType"] = "Unlimited",
            ["appliesTo"] = "Store",
            ["productDiscountType"] = "Percentage Off",
            ["productDiscount"] = percent * unit,
            ["shippingDiscountType"] = "No Discount",
            ["availableTo"] = "Tag",
            ["availableToObjectIds"] = new JsonArray(tagId),
        };
        var reply = Checked(await _client.SendAsync(HttpMethod.Post, "/coupon", body, scope).ConfigureAwait(false));
        return reply.Text("id") ?? throw new ConnectorException(DeliveryAnswer.Unknown());
    }

    /// <summary>Asks the shop to call a URL when an object changes.</summary>
    /// <param name="subject">The object, such as <c>Order</c>.</param>
    /// <param name="action">What happens to it, such as <c>Create</c>.</param>
    /// <param name="url">What to call.</param>
    /// <param name="scope">The scope of the call.</param>
    /// <exception cref="ConnectorException">The shop does not take it.</exception>
    public async Task CreateWebHookAsync(string subject, string action, Uri url, CallScope scope)
    {
        ArgumentNullException.ThrowIfNull(url);
        var path = "/" + (_target.Optional("webHookPath") ?? "web-hook").Trim('/');
        Checked(await _client.SendAsync(HttpMethod.Post, path, new JsonObject { ["object"] = subject, ["action"] = action, ["url"] = url.AbsoluteUri }, scope)
            .ConfigureAwait(false));
    }

    /// <summary>Reads an object anew, since web hooks are not signed.</summary>
    /// <param name="path">The path, such as <c>/order/ID</c>.</param>
    /// <param name="scope">The scope of the call.</param>
    /// <returns>The object as JSON; <see langword="null"/> when there is none.</returns>
    /// <exception cref="ConnectorException">The shop does not answer as wanted.</exception>
    public async Task<JsonElement?> ReadAsync(string path, CallScope scope)
    {
        var reply = await _client.SendAsync(HttpMethod.Get, path, null, scope).ConfigureAwait(false);
        return reply.Status == 404 ? null : Checked(reply);
    }

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();

    private static void Add(JsonObject body, string name, string value)
    {
        if (value.Length > 0)
        {
            body[name] = value;
        }
    }

    private static CrmCustomer? Match(JsonElement list, string email)
    {
        foreach (var customer in list.Items("customers"))
        {
            foreach (var address in customer.Items("emails"))
            {
                if (ProviderJson.IsSameEmail(address.Text("email"), email) && customer.Text("id") is { } id)
                {
                    return new CrmCustomer(id, address.Text("email")!);
                }
            }
        }

        return null;
    }

    private static string? Words(JsonElement? json)
    {
        if (json is not { } body)
        {
            return null;
        }

        var errors = body.Items("errors").Select(static e => e.Message()).Where(static m => m.Length > 0).ToArray();
        return errors.Length > 0 && body.Text("message") is { Length: > 0 } message && !errors.Contains(message, StringComparer.Ordinal)
            ? $"{message}: {string.Join("; ", errors)}"
            : errors.Length > 0 ? string.Join("; ", errors) : body.Text("message");
    }

    private async Task<CrmCustomer?> SearchAsync(string email, CallScope scope) => Match(
        Checked(await _client.SendAsync(HttpMethod.Get, $"/customer?q={ProviderJson.Escaped(email)}&limit=50", null, scope).ConfigureAwait(false)), email);

    private async Task<CrmCustomer?> WalkAsync(string email, CallScope scope)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var cursor = "start"; cursor is not null && seen.Add(cursor);)
        {
            var list = Checked(await _client.SendAsync(HttpMethod.Get, $"/customer?cursor={ProviderJson.Escaped(cursor)}&limit=50", null, scope).ConfigureAwait(false));
            if (Match(list, email) is { } found)
            {
                return found;
            }

            cursor = list.Text("cursor");
        }

        return null;
    }

    private Task SetAsync(string customer, string place, OutgoingOperation operation, bool wanted, CallScope scope) => _byClub
        ? SetMembershipAsync(customer, place, operation, wanted, scope)
        : _tagsByCustomer ? SetTagsAsync(customer, place, wanted, scope) : SetTagAsync(customer, place, wanted, scope);

    private async Task SetTagAsync(string customer, string tag, bool wanted, CallScope scope)
    {
        var path = $"/customer/{ProviderJson.Escaped(customer)}/tag/{ProviderJson.Escaped(tag)}";
        var reply = await _client.SendAsync(wanted ? HttpMethod.Post : HttpMethod.Delete, path, null, scope).ConfigureAwait(false);
        if (reply.Status is 400 or 404 or 409 or 422)
        {
            // Was it so already?
            var now = await ReadAsync($"/customer/{ProviderJson.Escaped(customer)}", scope).ConfigureAwait(false);
            if (now is { } found ? HasTag(found, tag) == wanted : !wanted)
            {
                return;
            }
        }

        Check(reply);
    }

    private async Task SetTagsAsync(string customer, string tag, bool wanted, CallScope scope)
    {
        var path = $"/customer/{ProviderJson.Escaped(customer)}";
        if (await ReadAsync(path, scope).ConfigureAwait(false) is not { } found)
        {
            throw new ConnectorException(DeliveryAnswer.Refused("404 the customer is gone"));
        }

        // What is sent replaces the whole list, so the others go back as they came.
        var tags = Tags(found).Where(t => !string.Equals(t.Text("id"), tag, StringComparison.Ordinal)).Select(static t => JsonNode.Parse(t.GetRawText())).ToList();
        if (HasTag(found, tag) == wanted)
        {
            return;
        }

        if (wanted)
        {
            tags.Add(new JsonObject { ["id"] = tag });
        }

        Check(await _client.SendAsync(HttpMethod.Put, path, new JsonObject { ["tags"] = new JsonArray([.. tags]) }, scope).ConfigureAwait(false));
    }

    private static IEnumerable<JsonElement> Tags(JsonElement customer) => customer.Items("tags");

    private static bool HasTag(JsonElement customer, string tag) => Tags(customer).Any(t => string.Equals(t.Text("id"), tag, StringComparison.Ordinal));

    private async Task SetMembershipAsync(string customer, string club, OutgoingOperation operation, bool wanted, CallScope scope)
    {
        var list = Checked(await _client.SendAsync(
            HttpMethod.Get, $"/club-membership?customerId={ProviderJson.Escaped(customer)}&clubId={ProviderJson.Escaped(club)}&limit=50", null, scope)
            .ConfigureAwait(false));
        var active = list.Items("clubMemberships").FirstOrDefault(m => string.Equals(m.Text("clubId"), club, StringComparison.Ordinal)
            && string.Equals(m.Text("customerId") ?? customer, customer, StringComparison.Ordinal)
            && m.Text("cancelDate") is null && m.Text("status") is null or "Active" or "On Hold");
        var isActive = active.ValueKind == JsonValueKind.Object;
        if (isActive == wanted)
        {
            return;
        }

        if (wanted)
        {
            var body = new JsonObject
            {
                ["customerId"] = customer,
                ["clubId"] = club,
                ["orderDeliveryMethod"] = "Pickup",
                ["signupDate"] = operation.Date + "T00:00:00.000Z",
                ["cancelDate"] = null,
                ["isSendEmailConfirmation"] = false,
            };
            // The list of all customers' addresses is documented, too, but not that it takes a customer.
            if ((await FirstAsync($"/customer/{ProviderJson.Escaped(customer)}/address", customer, "customerAddresses", scope).ConfigureAwait(false)
                ?? await FirstAsync($"/customer-address?customerId={ProviderJson.Escaped(customer)}&limit=50", customer, "customerAddresses", scope).ConfigureAwait(false)) is { } address)
            {
                body["billToCustomerAddressId"] = address;
            }

            if (_cardForClub
                && await FirstAsync($"/customer/{ProviderJson.Escaped(customer)}/credit-card", customer, "customerCreditCards", scope).ConfigureAwait(false) is { } card)
            {
                body["customerCreditCardId"] = card;
            }

            Check(await _client.SendAsync(HttpMethod.Post, "/club-membership", body, scope).ConfigureAwait(false));
        }
        else
        {
            var body = new JsonObject { ["cancelDate"] = operation.Date + "T00:00:00.000Z", ["cancellationReason"] = "Other" };
            Check(await _client.SendAsync(HttpMethod.Put, $"/club-membership/{ProviderJson.Escaped(active.Text("id") ?? "")}", body, scope).ConfigureAwait(false));
        }
    }

    /// <summary>The customer's default among what belongs to the customer, else the first; <see langword="null"/> when there is none, or it may not be seen.</summary>
    private async Task<string?> FirstAsync(string path, string customer, string member, CallScope scope)
    {
        var reply = await _client.SendAsync(HttpMethod.Get, path, null, scope).ConfigureAwait(false);
        return reply.Status is 403 or 404 or 405
            ? null
            : Checked(reply).Items(member).Where(i => string.Equals(i.Text("customerId") ?? customer, customer, StringComparison.Ordinal) && i.Text("id") is not null)
                .OrderBy(static i => i.Member("isDefault")?.ValueKind is not JsonValueKind.True).Select(static i => i.Text("id")).FirstOrDefault();
    }

    /// <summary>Whether a status of making a customer may mean that there is one already; which one the shop uses is not verified.</summary>
    private bool IsDuplicate(int status) =>
        _duplicate is null ? status is 409 or 422 : string.Equals(_duplicate, status.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);

    private DeliveryAnswer Failure(ProviderReply reply) => reply.Failure(_target.Repeats, Words(reply.Json));

    /// <summary>The body of a success; a body with errors is none, whatever the status.</summary>
    private JsonElement Checked(ProviderReply reply)
    {
        if (!reply.IsSuccess)
        {
            throw new ConnectorException(Failure(reply));
        }

        var body = reply.Required();
        ThrowIfErrors(reply, body);
        return body;
    }

    /// <summary>A success whose body does not matter, unless it has errors.</summary>
    private void Check(ProviderReply reply)
    {
        if (!reply.IsSuccess)
        {
            throw new ConnectorException(Failure(reply));
        }

        if (reply.Status != 204)
        {
            if (reply.IsBroken)
            {
                throw new ConnectorException(DeliveryAnswer.Unknown());
            }

            if (reply.Json is { } body)
            {
                ThrowIfErrors(reply, body);
            }
        }
    }

    private static void ThrowIfErrors(ProviderReply reply, JsonElement body)
    {
        if (body.Items("errors").Any())
        {
            throw new ConnectorException(DeliveryAnswer.Refused(QueueRules.Cut($"{reply.Status} {Words(body)}")));
        }
    }
}
