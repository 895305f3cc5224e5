using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Loyalty.Programs;
using Loyalty.Storage.Members;

namespace Loyalty.Host.Simulate;

/// <summary>How many members would stand on another level, from which to which.</summary>
internal sealed class LevelMoves
{
    private readonly StoreStatus _status;
    private readonly DateOnly? _since;
    private readonly List<string> _before = [];
    private readonly List<string> _after = [];
    private readonly Dictionary<(string From, string To), long> _counts = [];

    public LevelMoves(StoreStatus status, LoyaltyProgram program, DateOnly? since)
    {
        _status = status;
        _since = since;
        _before.AddRange(Names(status.Program));
        _after.AddRange(Names(program));
    }

    public long Members { get; private set; }

    /// <summary>Members whose level would have been another on some date.</summary>
    public long Changed { get; private set; }

    /// <summary>Members whose level would be another now.</summary>
    public long Moved { get; private set; }

    public void Count(MemberSimulation member)
    {
        Members++;
        Changed += member.FirstDifferenceOn is null ? 0 : 1;
        var move = (member.Level.Name, member.Simulated.Level.Name);
        Moved += string.Equals(move.Item1, move.Item2, StringComparison.Ordinal) ? 0 : 1;
        _counts[move] = _counts.GetValueOrDefault(move) + 1;
    }

    public string Json(long elapsed)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteNumber("members_total", Members);
            json.WriteNumber("members_changed", Changed);
            json.WriteNumber("members_moved", Moved);
            json.WriteStartArray("moves");
            foreach (var (from, to, members) in InOrder())
            {
                json.WriteStartObject();
                json.WriteString("from", from);
                json.WriteString("to", to);
                json.WriteNumber("members", members);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteString("since", _since?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
            json.WriteString("as_of", _status.AsOf.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
            json.WriteNumber("elapsed_ms", elapsed);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan) + "\n";
    }

    public string Table(string folder)
    {
        var text = new StringBuilder();
        var from = _since is { } date ? $"from {date:yyyy-MM-dd} on" : "from the beginning";
        text.AppendLine(CultureInfo.InvariantCulture, $"simulated {from} through {_status.AsOf:yyyy-MM-dd}; nothing was stored");
        text.AppendLine(CultureInfo.InvariantCulture, $"  members           {Members,10:N0}");
        text.AppendLine(CultureInfo.InvariantCulture, $"  once elsewhere    {Changed,10:N0}");
        text.AppendLine(CultureInfo.InvariantCulture, $"  elsewhere now     {Moved,10:N0}");
        foreach (var (before, after, members) in InOrder())
        {
            if (!string.Equals(before, after, StringComparison.Ordinal))
            {
                text.AppendLine(CultureInfo.InvariantCulture, $"    {before} → {after}: {members:N0}");
            }
        }

        text.Append(CultureInfo.InvariantCulture, $"results in {folder}");
        return text.ToString();
    }

    private static IEnumerable<string> Names(LoyaltyProgram program)
    {
        var ladder = program.Tiers!.Ladder;
        for (var level = 0; level < ladder.Count; level++)
        {
            yield return ladder[level].Name;
        }
    }

    /// <summary>In order of the stored ladder, then of the other one.</summary>
    private IEnumerable<(string From, string To, long Members)> InOrder() =>
        from move in _counts
        orderby _before.IndexOf(move.Key.From), _after.IndexOf(move.Key.To)
        select (move.Key.From, move.Key.To, move.Value);
}
