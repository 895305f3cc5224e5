using System.Globalization;
using System.Text;
using System.Text.Json;
using Loyalty.Clean;
using Loyalty.Ingest.Values;
using Loyalty.Money;

namespace Loyalty.Ingest.Payments;

/// <summary>Turns raw items into payments and contacts.</summary>
public static class RawRecords
{
    /// <summary>Payments of raw items: rows of exports, and transactions joined with their invoices by <c>reference_id</c> = <c>external_id</c>.</summary>
    /// <param name="items">Raw payments and invoices.</param>
    /// <param name="catalog">Currency and time zone.</param>
    /// <param name="onReject">Takes records that cannot be used.</param>
    /// <returns>Payments; an invoice without a transaction is an unpaid one.</returns>
    public static IReadOnlyList<PaymentRecord> Payments(IEnumerable<RawItem> items, CleanCatalog catalog, Action<RawReject> onReject)
    {
        ArgumentNullException.ThrowIfNull(items);
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(onReject);
        var payments = new List<PaymentRecord>();
        var invoices = new Dictionary<string, Fields>(StringComparer.Ordinal);
        var unused = new Dictionary<string, Fields>(StringComparer.Ordinal);
        var transactions = new List<Fields>();
        foreach (var item in items)
        {
            var fields = new Fields(item);
            if (fields.Fault is { } fault)
            {
                onReject(new RawReject(item, fault, NoText, string.Empty));
                continue;
            }

            switch (item.Kind)
            {
                case RawKind.InvoiceRow:
                    Add(ReadRow(fields, catalog, onReject));
                    break;
                case RawKind.Invoice:
                    // Of several invoices for one thing the one that was paid tells who bought it.
                    var external = fields.Text("external_id");
                    if (!invoices.TryGetValue(external, out var other) || !IsPaid(other.Text("status")))
                    {
                        invoices[external] = fields;
                    }

                    unused[item.Id] = fields;
                    break;
                case RawKind.Transaction:
                    transactions.Add(fields);
                    break;
            }
        }

        foreach (var transaction in transactions)
        {
            invoices.TryGetValue(transaction.Text("reference_id"), out var invoice);
            if (invoice is not null)
            {
                unused.Remove(invoice.Item.Id);
            }

            Add(ReadTransaction(transaction, invoice, catalog, onReject));
        }

        foreach (var invoice in unused.Values)
        {
            payments.Add(new PaymentRecord(invoice.Item.Id, invoice.Text("external_id"), PaymentKind.Payment, "UNPAID", 0, invoice.Text("description"), string.Empty, null));
        }

        return payments;

        void Add(PaymentRecord? payment)
        {
            if (payment is not null)
            {
                payments.Add(payment);
            }
        }
    }

    /// <summary>Contacts of raw items.</summary>
    /// <param name="items">Raw contacts.</param>
    /// <param name="catalog">The time zone.</param>
    /// <param name="onReject">Takes records that cannot be used.</param>
    public static IReadOnlyList<ContactRecord> Contacts(IEnumerable<RawItem> items, CleanCatalog catalog, Action<RawReject> onReject)
    {
        ArgumentNullException.ThrowIfNull(items);
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(onReject);
        var contacts = new List<ContactRecord>();
        foreach (var item in items)
        {
            var fields = new Fields(item);
            if (fields.Fault is { } fault)
            {
                onReject(new RawReject(item, fault, NoText, string.Empty));
                continue;
            }

            var isRow = item.Kind == RawKind.ContactRow;
            var registered = isRow ? fields.Text("Date Registered", "Registered") : fields.Text("registeredAt", "createdAt");
            if (!SourceTime.TryRead(registered, catalog.TimeZone, out var time))
            {
                onReject(new RawReject(item, isRow ? "Date Registered" : "registeredAt", registered.Length == 0 ? "blank" : SourceTime.NotATime, registered));
                continue;
            }

            contacts.Add(isRow
                ? new ContactRecord(
                    item.Id, fields.Text("Email"), fields.Text("First name"), fields.Text("Last name"),
                    fields.Text("Tag", "Tags").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries), time)
                : new ContactRecord(item.Id, fields.Text("email"), fields.Slug("first_name"), fields.Slug("surname", "last_name"), fields.Tags(), time));
        }

        return contacts;
    }

    private const string NoText = "the text has a NUL character or half of a character";

    private static bool IsPaid(string status) => status.Trim().ToUpperInvariant() is "PAID" or "SETTLED" or "SUCCESS";

    private static PaymentRecord? ReadRow(Fields row, CleanCatalog catalog, Action<RawReject> onReject)
    {
        var status = row.Text("Status").ToUpperInvariant();
        var email = row.Text("Email", "payer_email");
        email = CellText.IsMissing(Encoding.UTF8.GetBytes(email)) ? row.Text("Customer Email") : email;
        var external = row.Text("External ID", "external_id");
        var description = row.Text("Description");
        if (!IsPaid(status))
        {
            return new PaymentRecord(row.Item.Id, external, PaymentKind.Payment, status, 0, description, email, null);
        }

        if (!TryMoney(row, "Amount", "Currency", catalog, onReject, out var amount))
        {
            return null;
        }

        var paid = row.First("Paid Timestamp", "Paid At", "paid_at", "Settled Timestamp", "Created Timestamp");
        if (!SourceTime.TryRead(paid.Value, catalog.TimeZone, out var time))
        {
            onReject(new RawReject(row.Item, paid.Name, paid.Value.Length == 0 ? "blank" : SourceTime.NotATime, paid.Value));
            return null;
        }

        return new PaymentRecord(row.Item.Id, external, amount < 0 ? PaymentKind.Refund : PaymentKind.Payment, status, amount, description, email, time);
    }

    private static PaymentRecord? ReadTransaction(Fields transaction, Fields? invoice, CleanCatalog catalog, Action<RawReject> onReject)
    {
        var type = transaction.Text("type").ToUpperInvariant();
        var isRefund = type is "REFUND" or "CHARGEBACK" or "PAYMENT_REFUND";
        var status = transaction.Text("status").ToUpperInvariant();
        var reference = transaction.Text("reference_id");
        var description = invoice?.Text("description") ?? transaction.Text("description");
        var email = invoice?.Text("payer_email") is { Length: > 0 } payer ? payer : invoice?.Nested("customer", "email") ?? string.Empty;
        if ((type is not "PAYMENT" && !isRefund) || status is not ("SUCCESS" or "PAID" or "SETTLED"))
        {
            return new PaymentRecord(transaction.Item.Id, reference, PaymentKind.Payment, status is "SUCCESS" ? $"OTHER {type}" : status, 0, description, email, null);
        }

        if (!TryMoney(transaction, "amount", "currency", catalog, onReject, out var amount))
        {
            return null;
        }

        var paid = !isRefund && invoice?.Text("paid_at") is { Length: > 0 } at ? ("paid_at", at) : ("created", transaction.Text("created"));
        if (!SourceTime.TryRead(paid.Item2, catalog.TimeZone, out var time))
        {
            onReject(new RawReject(transaction.Item, paid.Item1, paid.Item2.Length == 0 ? "blank" : SourceTime.NotATime, paid.Item2));
            return null;
        }

        var told = invoice?.Text("status").ToUpperInvariant();
        return isRefund
            ? new PaymentRecord(transaction.Item.Id, transaction.Item.Id, PaymentKind.Refund, "SUCCESS", -Math.Abs(amount), description, email, time)
            : new PaymentRecord(transaction.Item.Id, reference, PaymentKind.Payment, told is "PAID" or "SETTLED" ? told : "SUCCESS", amount, description, email, time);
    }

    private static bool TryMoney(Fields fields, string name, string currency, CleanCatalog catalog, Action<RawReject> onReject, out long amount)
    {
        amount = 0;
        var code = fields.Text(currency);
        if (code.Length > 0 && !string.Equals(code, catalog.Currency.Code, StringComparison.OrdinalIgnoreCase))
        {
            onReject(new RawReject(fields.Item, currency, $"another currency than {catalog.Currency.Code}", code));
            return false;
        }

        var text = fields.Text(name);
        if (CellNumber.TryAmount(Encoding.UTF8.GetBytes(text), CurrencySigns.Of(catalog.Currency), out amount) is { } fault)
        {
            onReject(new RawReject(fields.Item, name, text.Length == 0 ? "blank" : fault, text));
            return false;
        }

        return true;
    }

    /// <summary>The fields of a raw item by name, in any case for rows of exports.</summary>
    private sealed class Fields
    {
        private readonly Dictionary<string, JsonElement> _fields = new(StringComparer.OrdinalIgnoreCase);

        public Fields(RawItem item)
        {
            Item = item;
            using var document = JsonDocument.Parse(item.Json);
            if (document.RootElement.ValueKind == JsonValueKind.Object)
            {
                foreach (var field in document.RootElement.EnumerateObject())
                {
                    _fields.TryAdd(field.Name.Trim(), field.Value.Clone());
                    Fault ??= IsText(field.Value) ? null : field.Name;
                }
            }
        }

        public RawItem Item { get; }

        /// <summary>A field whose text cannot be stored.</summary>
        public string? Fault { get; }

        public string Text(params ReadOnlySpan<string> names)
        {
            foreach (var name in names)
            {
                if (_fields.TryGetValue(name, out var value) && TextOf(value) is { Length: > 0 } text)
                {
                    return text;
                }
            }

            return string.Empty;
        }

        public (string Name, string Value) First(params ReadOnlySpan<string> names)
        {
            foreach (var name in names)
            {
                if (Text(name) is { Length: > 0 } text)
                {
                    return (name, text);
                }
            }

            return (names[0], string.Empty);
        }

        public string? Nested(string name, string inner) =>
            _fields.TryGetValue(name, out var value) && value.ValueKind == JsonValueKind.Object && value.TryGetProperty(inner, out var text) ? TextOf(text) : null;

        /// <summary>A field of a contact: in its list of slugs, or at the top.</summary>
        public string Slug(params ReadOnlySpan<string> names)
        {
            if (_fields.TryGetValue("fields", out var list) && list.ValueKind == JsonValueKind.Array)
            {
                foreach (var name in names)
                {
                    foreach (var field in list.EnumerateArray())
                    {
                        if (field.ValueKind == JsonValueKind.Object && field.TryGetProperty("slug", out var slug) && slug.ValueEquals(name) && field.TryGetProperty("value", out var value))
                        {
                            return TextOf(value);
                        }
                    }
                }
            }

            return Text(names);
        }

        public List<string> Tags()
        {
            var tags = new List<string>();
            if (_fields.TryGetValue("tags", out var list) && list.ValueKind == JsonValueKind.Array)
            {
                foreach (var tag in list.EnumerateArray())
                {
                    tags.Add(tag.ValueKind == JsonValueKind.Object && tag.TryGetProperty("name", out var name) ? TextOf(name) : TextOf(tag));
                }
            }

            return tags;
        }

        private static bool IsText(JsonElement value) => value.ValueKind switch
        {
            JsonValueKind.String => IsStorable(value),
            JsonValueKind.Array => value.EnumerateArray().All(IsText),
            JsonValueKind.Object => value.EnumerateObject().All(static p => IsText(p.Value)),
            _ => true,
        };

        private static bool IsStorable(JsonElement value)
        {
            // Reading half a character throws; only escapes can hold one.
            if (!value.GetRawText().Contains("\\u", StringComparison.Ordinal))
            {
                return true;
            }

            try
            {
                return !value.GetString()!.Contains('\0', StringComparison.Ordinal);
            }
            catch (InvalidOperationException)
            {
                return false;
            }
        }

        private static string TextOf(JsonElement value) => value.ValueKind switch
        {
            JsonValueKind.String => value.GetString()!.Trim(),
            JsonValueKind.Number => value.GetRawText(),
            _ => string.Empty,
        };
    }
}
