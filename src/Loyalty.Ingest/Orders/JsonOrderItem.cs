using System.Text;
using System.Text.Json;
using Loyalty.Ingest.Values;
using Loyalty.Money;
using Loyalty.Orders;

namespace Loyalty.Ingest.Orders;

/// <summary>An object of a JSON page: its members as values; the first faulty one rejects it.</summary>
internal sealed class JsonOrderItem(JsonPages pages, JsonElement item, OrderImportOptions options, OrderCollector orders)
{
    private readonly CurrencySigns? _signs = options.CurrencySigns();
    private readonly List<string> _currencies = [];
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

    /// <summary>A key of the platform that must be there; one that went through a spreadsheet or a floating-point number is a fault.</summary>
    public string RequiredKey(string path)
    {
        if (!Has(path))
        {
            Fault(path, "blank");
            return string.Empty;
        }

        var key = Key(path);
        if (key.Length == 0)
        {
            Fault(path, "blank");
        }

        return key;
    }

    /// <summary>A key of the platform; empty when there is none.</summary>
    public string Key(string path)
    {
        var text = Text(path);
        var utf8 = Encoding.UTF8.GetBytes(text);
        if (CellKey.IsChanged(utf8) || (At(path).ValueKind == JsonValueKind.Number && text.AsSpan().ContainsAny('e', 'E')))
        {
            Fault(path, CellKey.Changed);
        }

        return Encoding.UTF8.GetString(CellKey.Normalize(utf8));
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
        else if (CellTime.TryParse(Encoding.UTF8.GetBytes(text), DateOrder.YearFirst, options.TimeZone, out var time))
        {
            return time;
        }
        else
        {
            Fault(path, CellTime.NotATime(DateOrder.YearFirst));
        }

        return default;
    }

    /// <summary>An amount in units, or in parts of one when the interface counts those; 0 for a missing one that is not required.</summary>
    /// <param name="path">The member.</param>
    /// <param name="parts">How many make a unit: 1, or 100 for cents.</param>
    /// <param name="isRequired">Whether a missing one is a fault.</param>
    public decimal Amount(string path, long parts = 1, bool isRequired = false)
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

        if (CellDecimal.TryAmount(Encoding.UTF8.GetBytes(text), _signs, out var amount, out var sign) is { } reason)
        {
            Fault(path, reason);
            return 0;
        }

        if (parts > 1 && amount != decimal.Truncate(amount))
        {
            Fault(path, "not a whole number; amounts of this interface are in minor units such as cents");
        }

        if (_signs is null && !sign.IsEmpty)
        {
            _currencies.Add(Encoding.UTF8.GetString(sign));
        }

        return amount / parts;
    }

    /// <summary>Checks the currency that a member names against the program's, or that of the run.</summary>
    public void Currency(string path)
    {
        var code = Text(path);
        if (code.Length == 0)
        {
            return;
        }

        if (_signs is null)
        {
            _currencies.Add(code);
        }
        else if (!_signs.Accepts(Encoding.UTF8.GetBytes(code)))
        {
            Fault(path, CellMoney.OtherCurrency(code, _signs));
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
            foreach (var currency in _currencies)
            {
                orders.Currency.Note(currency, pages.File, pages.Line);
            }

            _currencies.Clear();
            return false;
        }

        pages.Reject(fault.Path, fault.Reason, fault.Value);
        return true;
    }
}
