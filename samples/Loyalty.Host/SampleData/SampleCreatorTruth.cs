using System.Globalization;
using System.Text;

namespace Loyalty.Host.SampleData;

/// <summary>
/// What must come of importing the sample: for each creator and source what was planted as the value that counts, what else was planted, and the lines where it
/// stands. It knows nothing of how the library merges.
/// </summary>
internal sealed class SampleCreatorTruth(SampleCreators creators)
{
    private static readonly string[] Order = ["euka", "phones", "refunnel", "samples", "videos"];

    private static readonly string[] Columns =
        ["email", "phone", "first_name", "last_name", "address_line_1", "address_line_2", "city", "state", "zipcode", "country", "followers", "gmv"];

    private readonly Dictionary<(int Creator, string Source, string Column), string> _main = [];
    private readonly Dictionary<(int Creator, string Source, string Column, string Value), long> _lines = [];
    private readonly Dictionary<int, SortedSet<string>> _masks = [];
    private readonly Dictionary<int, HashSet<string>> _numbers = [];
    private readonly HashSet<(int Creator, string Source)> _known = [];
    private readonly Dictionary<string, (long Read, long Skipped, long Rejected)> _rows = [];

    public Dictionary<int, int> Samples { get; } = [];

    public Dictionary<int, int> Videos { get; } = [];

    /// <summary>A row of a source speaks of a creator.</summary>
    public void Know(int creator, string source) => _known.Add((creator, source));

    /// <summary>A row says a value; that which counts in its source is said by most rows, or is the smaller of two said as often.</summary>
    public void Say(int creator, string source, string column, string value, bool counts, long line)
    {
        if (value.Length == 0)
        {
            return;
        }

        if (counts)
        {
            _main[(creator, source, column)] = value;
        }

        var key = (creator, source, column, value);
        _lines[key] = _lines.TryGetValue(key, out var first) ? Math.Min(first, line) : line;
    }

    /// <summary>A row tells a phone number in full.</summary>
    public void SayPhone(int creator, string source, string digits, bool counts, long line)
    {
        Say(creator, source, "phone", "+1" + digits, counts, line);
        (_numbers.TryGetValue(creator, out var numbers) ? numbers : _numbers[creator] = []).Add(digits);
    }

    /// <summary>A row tells a masked phone number.</summary>
    public void SayMask(int creator, string mask) =>
        (_masks.TryGetValue(creator, out var masks) ? masks : _masks[creator] = new(StringComparer.Ordinal)).Add(mask);

    public void SayAddress(int creator, string source, SampleAddress address, bool counts, long line)
    {
        for (var i = 0; i < 6; i++)
        {
            Say(creator, source, Columns[4 + i], address.Columns[i], counts, line);
        }
    }

    public void Count(string source, long read, long skipped, long rejected) => _rows[source] = (read, skipped, rejected);

    public void WriteCreators(Stream stream)
    {
        using var text = Open(stream);
        text.Write("handle,email,phone,phone_verified,first_name,last_name,address_line_1,address_line_2,city,state,zipcode,country,followers,gmv,videos,samples,sources\n");
        foreach (var (handle, creator) in InOrder())
        {
            var cells = Columns.Select(c => Kept(creator, c).Value).ToList();
            cells.Insert(2, cells[1].Length > 0 ? "true" : "false");
            text.Write(string.Join(',', cells.Prepend(handle).Select(Quoted)));
            text.Write(string.Create(
                CultureInfo.InvariantCulture,
                $",{Videos.GetValueOrDefault(creator)},{Samples.GetValueOrDefault(creator)},{string.Join('|', Order.Where(s => _known.Contains((creator, s))))}\n"));
        }
    }

    public void WriteConflicts(Stream stream)
    {
        using var text = Open(stream);
        text.Write("handle,field,kept,kept_source,other,other_source,line\n");
        var others = _lines.ToLookup(static s => s.Key.Creator, static s => (s.Key.Source, s.Key.Column, s.Key.Value, Line: s.Value));
        foreach (var (handle, creator) in InOrder())
        {
            var rows = new List<string[]>();
            foreach (var said in others[creator])
            {
                var kept = Kept(creator, said.Column);
                if (kept.Value.Length > 0 && !string.Equals(kept.Value, said.Value, StringComparison.OrdinalIgnoreCase))
                {
                    rows.Add([said.Column, kept.Value, kept.Source, said.Value, said.Source, said.Line.ToString(CultureInfo.InvariantCulture)]);
                }
            }

            rows.Sort(static (a, b) => Enumerable.Range(0, a.Length).Select(i => string.CompareOrdinal(a[i], b[i])).FirstOrDefault(static o => o != 0));
            foreach (var row in rows)
            {
                text.Write(string.Join(',', row.Prepend(handle).Select(Quoted)) + "\n");
            }
        }
    }

    public void WritePhoneLinks(Stream stream)
    {
        using var text = Open(stream);
        text.Write("handle,masked,matched,result\n");
        foreach (var (handle, creator) in InOrder())
        {
            foreach (var mask in _masks.GetValueOrDefault(creator) ?? [])
            {
                var fitting = (_numbers.GetValueOrDefault(creator) ?? []).Where(n => string.Equals(SampleCreators.Mask(n), mask, StringComparison.Ordinal)).ToList();
                text.Write(fitting switch
                {
                    [] => $"{handle},{mask},,none\n",
                    [var one] => $"{handle},{mask},+1{one},matched\n",
                    _ => $"{handle},{mask},,ambiguous\n",
                });
            }
        }
    }

    public void WriteSummary(Stream stream)
    {
        using var text = Open(stream);
        var rows = _rows.Select(static r => string.Create(
            CultureInfo.InvariantCulture,
            $"    {{ \"kind\": \"{r.Key}\", \"rows_read\": {r.Value.Read}, \"rows_taken\": {r.Value.Read - r.Value.Skipped - r.Value.Rejected}, \"rows_skipped\": {r.Value.Skipped}, \"rows_rejected\": {r.Value.Rejected} }}"));
        text.Write(string.Create(CultureInfo.InvariantCulture, $$"""
            {
              "sources": [
            {{string.Join(",\n", rows)}}
              ],
              "totals": { "creators": {{creators.Count}}, "samples": {{creators.SampleKeys}}, "videos": {{creators.Videos}}, "snapshots": {{creators.Refunnel}}, "brand_links": {{creators.Buyers}}, "products": {{creators.Products}} }
            }

            """).ReplaceLineEndings("\n"));
    }

    private (string Value, string Source) Kept(int creator, string column)
    {
        // The columns of an address come from one row; the source whose address counts is the first with a first line.
        var isAddress = Array.IndexOf(Columns, column) is >= 4 and <= 9;
        foreach (var source in Order)
        {
            if (_main.ContainsKey((creator, source, isAddress ? "address_line_1" : column)))
            {
                return (_main.GetValueOrDefault((creator, source, column), ""), source);
            }
        }

        return ("", "");
    }

    private IEnumerable<(string Handle, int Creator)> InOrder() =>
        Enumerable.Range(0, creators.Count).Select(c => (Handle: creators.Handle(c), Creator: c)).OrderBy(static c => c.Handle, StringComparer.Ordinal);

    public static StreamWriter Open(Stream stream) => new(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), 1 << 16, leaveOpen: true);

    public static string Quoted(string text) =>
        text.AsSpan().IndexOfAny(',', '"', '\n') < 0 ? text : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
