using System.Text;
using System.Text.Json;
using Loyalty.Ingest.Values;
using Loyalty.Orders;

namespace Loyalty.Ingest.Orders;

/// <summary>An object of a JSON page: its members as values; the first faulty one rejects it.</summary>
internal sealed class JsonOrderItem(JsonPages pages, JsonElement item, OrderImportOptions options, OrderCollector orders)
{
    private (string Path, string Reason, string Value)? _fault;

    public OrderCollector Orders => orders;

    /// <summary>The list of the page that the object stands in.</summary>
    public string List => pages.List;

    /// <summary>The member at a path such as <c>costs.gross.value</c> or <c>emails.0.email</c>; undefined when there is none.</summary>
    public static JsonElement At(JsonElement element, string path)
    {
        foreach (var name in path.Split('.'))
        {
            if (element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var member))
            {
                element = member;
            }
            else if (element.ValueKind == JsonValueKind.Array && int.TryParse(name, System.Globalization.CultureInfo.InvariantCulture, out var index) && index < element.GetArrayLength())
            {
                element = element[index];
            }
            else
            {
                return default;
            }
        }

        return element;
    }

    public JsonElement At(string path) => At(item, path);

    public bool Has(string path) => At(path).ValueKind is not (JsonValueKind.Undefined or JsonValueKind.Null);

    /// <summary>The first of several members that is there.</summary>
    public string First(params ReadOnlySpan<string> paths)
    {
        foreach (var path in paths)
        {
            if (Has(path))
            {
                return path;
            }
        }

        return paths[0];
    }

    public bool IsTrue(string path) => At(path).ValueKind == JsonValueKind.True;

    /// <summary>A text; a number as it is written; empty when there is none.</summary>
    public string Text(string path)
    {
        var value = At(path);
        return value.ValueKind switch
        {
            JsonValueKind.String => (value.GetString() ?? string.Empty).Trim(),
            JsonValueKind.Number => value.GetRawText(),
            _ => string.Empty,
        };
    }

    public string RequiredText(string path)
    {
        var text = Text(path);
        if (text.Length == 0)
        {
            Fault(path, "blank");
        }

        return text;
    }

    public string Joined(string first, string second)
    {
        var (left, right) = (Text(first), Text(second));
        return left.Length > 0 && right.Length > 0 ? $"{left} {right}" : left + right;
    }

    public DateTime Time(string path)
    {
        var text = Text(path);
        if (text.Length == 0)
        {
            Fault(path, "blank");
        }
        else if (CellTime.TryParse(Encoding.UTF8.GetBytes(text), DateOrder.YearFirst, out var time))
        {
            return time;
        }
        else
        {
            Fault(path, CellTime.NotATime(DateOrder.YearFirst));
        }

        return default;
    }

    /// <summary>An amount in units, or in hundredths when the interface counts those; 0 for a missing one that is not required.</summary>
    public decimal Amount(string path, bool isCents, bool isRequired = false)
    {
        var text = Text(path);
        if (text.Length == 0)
        {
            if (isRequired)
            {
                Fault(path, "blank");
            }

            return 0;
        }

        if (CellDecimal.TryAmount(Encoding.UTF8.GetBytes(text), out var amount) is { } reason)
        {
            Fault(path, reason);
        }
        else if (isCents && amount != decimal.Truncate(amount))
        {
            Fault(path, "not a whole number; amounts of this interface are in cents");
        }

        return isCents ? amount / 100 : amount;
    }

    public void Currency(string path)
    {
        var code = Text(path);
        if (code.Length == 0)
        {
            return;
        }

        orders.Currency(code);
        if (options.Currency is { } currency && !string.Equals(code, currency.Code, StringComparison.OrdinalIgnoreCase))
        {
            Fault(path, $"the currency is not the program's, which is {currency.Code}");
        }
    }

    public string Status(OrderPlatform platform, string path, ReadOnlySpan<string> vocabulary)
    {
        var text = Text(path);
        if (text.Length > 0 && _fault is null && !StatusWords.Knows(vocabulary, text))
        {
            orders.Unknown(platform, path, text);
        }

        return text;
    }

    public void Fault(string path, string reason) => _fault ??= (path, reason, Text(path));

    public bool IsRejected()
    {
        if (_fault is not { } fault)
        {
            return false;
        }

        pages.Reject(fault.Path, fault.Reason, fault.Value);
        return true;
    }
}
