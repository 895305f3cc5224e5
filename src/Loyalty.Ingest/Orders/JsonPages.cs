using System.Text;
using System.Text.Json;
using Loyalty.Ingest.Csv;

namespace Loyalty.Ingest.Orders;

/// <summary>
/// Pages of a platform's interface, saved to a file: one object with a list of orders, attendees or customers in it; a list of such objects,
/// or of the orders themselves; or several of these one after the other.
/// </summary>
internal sealed class JsonPages
{
    private const int MaxDepth = 64;

    private static readonly string[] Lists = ["orders", "attendees", "customers"];

    private readonly byte[] _utf8;
    private readonly RejectHandler _onReject;
    private int _counted;
    private long _line = 1;

    private JsonPages(string file, byte[] utf8, string sha256, RejectHandler onReject)
    {
        File = file;
        _utf8 = utf8;
        Sha256 = sha256;
        _onReject = onReject;
    }

    public string File { get; }

    public string Sha256 { get; }

    /// <summary>The line where the current object starts.</summary>
    public long Line => _line;

    public long RowsRead { get; private set; }

    public long RowsRejected { get; private set; }

    /// <summary>The list that the current object stands in; empty for a bare list.</summary>
    public string List { get; private set; } = string.Empty;

    /// <summary>Whether the first character of a file, behind white space, opens an object or a list.</summary>
    public static bool IsJson(string path, Encoding? encoding)
    {
        using var source = SourceStream.Open(path, encoding);
        Span<byte> head = stackalloc byte[256];
        var length = source.Content.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        return Body(head[..length]).TrimStart(" \t\r\n"u8) is [(byte)'{' or (byte)'[', ..];
    }

    public static JsonPages Open(string path, Encoding? encoding, RejectHandler onReject)
    {
        using var source = SourceStream.Open(path, encoding);
        using var content = new MemoryStream();
        source.Content.CopyTo(content);
        return new JsonPages(source.Name, content.ToArray(), source.ThrowIfChanged(), onReject);
    }

    /// <summary>The objects of all lists, in order of the file; each is valid until the next.</summary>
    /// <exception cref="SourceException">The file is no JSON, or has no list.</exception>
    public IEnumerable<JsonElement> Items()
    {
        foreach (var place in Places())
        {
            for (; _counted < place.Start; _counted++)
            {
                _line += _utf8[_counted] == (byte)'\n' ? 1 : 0;
            }

            RowsRead++;
            List = place.List;
            Current = (place.Start, place.Length);
            using var document = JsonDocument.Parse(_utf8.AsMemory(place.Start, place.Length));
            if (document.RootElement.ValueKind == JsonValueKind.Object)
            {
                yield return document.RootElement;
            }
            else
            {
                Reject(string.Empty, "expected an object", string.Empty);
            }
        }
    }

    private (int Start, int Length) Current { get; set; }

    public void Reject(string path, string reason, string value)
    {
        RowsRejected++;
        _onReject(new Reject
        {
            File = File,
            Line = _line,
            Column = path,
            Reason = reason,
            Value = Encoding.UTF8.GetBytes(value),
            Raw = _utf8.AsSpan(Current.Start, Current.Length),
        });
    }

    private static ReadOnlySpan<byte> Body(ReadOnlySpan<byte> utf8) => utf8.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]) ? utf8[3..] : utf8;

    private List<(int Start, int Length, string List)> Places()
    {
        var places = new List<(int, int, string)>();
        var body = Body(_utf8);
        var shift = _utf8.Length - body.Length;
        var reader = new Utf8JsonReader(body, new JsonReaderOptions { AllowMultipleValues = true, MaxDepth = MaxDepth });
        var hasList = false;
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType != JsonTokenType.StartArray)
                {
                    hasList |= ReadObject(ref reader, shift, places);
                    continue;
                }

                hasList = true;
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    ReadObject(ref reader, shift, places);
                }
            }
        }
        catch (JsonException e)
        {
            throw new SourceException(
                SourceFault.Json, $"{File}: the file is no JSON from line {e.LineNumber + 1} on: {e.Message} Nothing was taken; get the file anew.", e);
        }

        return hasList ? places : throw new SourceException(
            SourceFault.Json, $"{File}: the JSON has no list named {string.Join(", ", Lists)}; expected pages of a platform's interface.");
    }

    /// <summary>A page with lists in it, or an object of a list; <see langword="false"/> for a page without.</summary>
    private static bool ReadObject(ref Utf8JsonReader reader, int shift, List<(int Start, int Length, string List)> places)
    {
        // An order may have a list of attendees too; but it has an id, which no page has.
        if (reader.TokenType != JsonTokenType.StartObject || HasId(reader))
        {
            Take(ref reader, shift, string.Empty, places);
            return true;
        }

        var found = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var list = ListName(in reader);
            reader.Read();
            if (list is null || reader.TokenType != JsonTokenType.StartArray)
            {
                reader.Skip();
                continue;
            }

            found = true;
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                Take(ref reader, shift, list, places);
            }
        }

        return found;
    }

    private static bool HasId(Utf8JsonReader reader)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("id"u8) || reader.ValueTextEquals("_id"u8))
            {
                return true;
            }

            reader.Read();
            reader.Skip();
        }

        return false;
    }

    private static string? ListName(in Utf8JsonReader reader)
    {
        foreach (var list in Lists)
        {
            if (reader.ValueTextEquals(list))
            {
                return list;
            }
        }

        return null;
    }

    private static void Take(ref Utf8JsonReader reader, int shift, string list, List<(int Start, int Length, string List)> places)
    {
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        places.Add((start + shift, (int)reader.BytesConsumed - start, list));
    }
}
