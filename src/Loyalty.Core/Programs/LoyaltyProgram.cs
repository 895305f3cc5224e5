using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Loyalty.Clubs;
using Loyalty.Messages;
using Loyalty.Missions;
using Loyalty.Money;
using Loyalty.Points;
using Loyalty.Rewards;
using Loyalty.Scoring;
using Loyalty.Tiers;

namespace Loyalty.Programs;

/// <summary>A loyalty program as data: whose it is, its currency and time zone, its tiers, missions, club, points, rewards and messages.</summary>
/// <remarks>
/// Immutable. Read from JSON by <see cref="Parse(ReadOnlyMemory{byte})"/>; the schema is <c>schemas/program.schema.json</c>. A program may
/// leave out the sections that are not used.
/// </remarks>
[JsonConverter(typeof(LoyaltyProgramConverter))]
public sealed class LoyaltyProgram
{
    private LoyaltyProgram(
        JsonElement root, string tenant, Currency currency, TimeZoneInfo timeZone, TierProgram? tiers, IReadOnlyList<Mission> missions)
    {
        Json = CanonicalJson.Write(root);
        Tenant = tenant;
        Currency = currency;
        TimeZone = timeZone;
        Tiers = tiers;
        Missions = missions;
    }

    /// <summary>The owner of the program; nothing crosses a tenant.</summary>
    public string Tenant { get; }

    /// <summary>The currency of all amounts.</summary>
    public Currency Currency { get; }

    /// <summary>Signs and codes that stand for the currency in files, beside its own; none by default.</summary>
    public IReadOnlyList<string> Signs { get; private init; } = [];

    /// <summary>Whether <c>points</c> takes an e-mail as customer in its normal form; by default a customer is compared exactly.</summary>
    public bool CustomersAreEmails { get; private init; }

    /// <summary>The time zone in which dates are dates.</summary>
    public TimeZoneInfo TimeZone { get; }

    /// <summary>The tiers, or <see langword="null"/> when the program has none.</summary>
    public TierProgram? Tiers { get; }

    /// <summary>The missions, in the order of the file; none when the program has no such section.</summary>
    public IReadOnlyList<Mission> Missions { get; }

    /// <summary>How customers are scored, or <see langword="null"/> when the program has no <c>rfm</c> section.</summary>
    public ScoringProgram? Scoring { get; private init; }

    /// <summary>The club, or <see langword="null"/> when the program has none.</summary>
    public ClubProgram? Club { get; private init; }

    /// <summary>The rules of points, or <see langword="null"/> when the program has none.</summary>
    public PointsProgram? Points { get; private init; }

    /// <summary>The rewards, in the order of the file; none when the program has no such section.</summary>
    public IReadOnlyList<Reward> Rewards { get; private init; } = [];

    /// <summary>Channels and warnings; the defaults when the program has no such section.</summary>
    public MessageProgram Messages { get; private init; } = MessageProgram.Default;

    /// <summary>When each of the hosted jobs runs: cron expressions of five fields, in the program's zone.</summary>
    public IReadOnlyDictionary<string, string> Jobs { get; private init; } = JobSection.Default;

    /// <summary>The targets that domain events go to; none when the program has no such section.</summary>
    public IReadOnlyList<string> Events { get; private init; } = [];

    /// <summary>The program as UTF-8 JSON in canonical form.</summary>
    public ReadOnlyMemory<byte> Json { get; }

    /// <summary>Makes a program in code; it is the one that its <see cref="Json"/> is read to.</summary>
    /// <param name="parts">What it is made of.</param>
    /// <exception cref="ProgramException">The parts do not fit together; the exception carries all faults, each with the JSON path that it has in a file.</exception>
    public static LoyaltyProgram Create(ProgramParts parts)
    {
        ArgumentNullException.ThrowIfNull(parts);
        var (json, unwritable) = ProgramWriter.Write(parts);
        var isRead = TryRead(json, out var program, out var faults) && unwritable.Count == 0;
        faults = [.. unwritable, .. faults];
        if (parts.Points is { } points && !string.Equals(points.Currency.Code, parts.Currency, StringComparison.Ordinal))
        {
            faults = [.. faults, new ProgramFault("$.points", $"the rules of points are in {points.Currency}, the program is in {parts.Currency}; use one currency")];
            isRead = false;
        }

        return isRead ? program! : throw new ProgramException(faults);
    }

    /// <summary>Reads a program from UTF-8 JSON, with or without byte order mark.</summary>
    /// <exception cref="ProgramException">The program has faults; the exception carries all of them, each with its JSON path.</exception>
    public static LoyaltyProgram Parse(ReadOnlyMemory<byte> utf8) =>
        TryRead(utf8, out var program, out var faults) ? program : throw new ProgramException(faults);

    /// <summary>Reads a program from JSON text.</summary>
    /// <exception cref="ProgramException">The program has faults; the exception carries all of them, each with its JSON path.</exception>
    public static LoyaltyProgram Parse(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        return Parse(Encoding.UTF8.GetBytes(json));
    }

    /// <summary>Reads a program from UTF-8 JSON without throwing for any content.</summary>
    /// <param name="utf8">The JSON, with or without byte order mark.</param>
    /// <param name="program">The program when it has no fault.</param>
    /// <param name="faults">Every fault, in the order found; empty on success.</param>
    public static bool TryRead(
        ReadOnlyMemory<byte> utf8,
        [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out LoyaltyProgram? program,
        out IReadOnlyList<ProgramFault> faults)
    {
        program = null;
        var found = new List<ProgramFault>();
        faults = found;
        if (utf8.Span.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]))
        {
            utf8 = utf8[3..];
        }

        if (!JsonText.IsReadable(utf8.Span, out var why))
        {
            found.Add(new ProgramFault("$", why));
            return false;
        }

        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(utf8);
        }
        catch (JsonException e)
        {
            found.Add(new ProgramFault("$", JsonText.Fault(utf8.Span, e)));
            return false;
        }

        using (document)
        {
            program = Read(document.RootElement, found);
        }

        return program is not null;
    }

    private static LoyaltyProgram? Read(JsonElement element, List<ProgramFault> faults)
    {
        var root = new JsonSection(element, "$", faults);
        if (element.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        root.Any("$schema", required: false);
        var tenant = root.Text("tenant", required: true);
        if (tenant is { Length: > 200 })
        {
            root.FaultAt("tenant", "is longer than 200 characters");
        }

        var code = root.Text("currency", required: true);
        if (!Currency.TryGet(code, out var currency) && code is not null)
        {
            root.FaultAt("currency", $"'{code}' is no currency code of ISO 4217 (three capital letters, such as \"USD\")");
        }

        var signs = ReadSigns(root);
        var areEmails = root.Choice("customers", required: false, ("exact", false), ("email", true));
        var zoneId = root.Text("timeZone", required: true);
        TimeZoneInfo? zone = null;
        if (zoneId is not null && (!TimeZoneInfo.TryFindSystemTimeZoneById(zoneId, out zone) || !zone.HasIanaId))
        {
            root.FaultAt("timeZone", $"'{zoneId}' is no IANA time zone known here (such as \"America/New_York\")");
        }

        var tiers = root.Section("tiers", required: false) is { } tierSection ? TierSection.Read(tierSection, currency) : null;
        var missions = MissionSection.Read(root, currency);
        var scoring = root.Section("rfm", required: false) is { } rfm ? RfmSection.Read(rfm, currency) : null;
        var club = root.Section("club", required: false) is { } clubSection ? ClubSection.Read(clubSection, currency) : null;
        var points = root.Section("points", required: false) is { } pointsSection ? PointsSection.Read(pointsSection, currency) : null;
        var rewards = RewardSection.Read(root, club, tiers, missions);
        var messages = MessageSection.Read(root);
        var jobs = JobSection.ReadJobs(root);
        var events = JobSection.ReadEvents(root);
        root.Close();
        return faults.Count > 0 ? null : new LoyaltyProgram(element, tenant!, currency!, zone!, tiers, missions)
        {
            Signs = signs,
            CustomersAreEmails = areEmails ?? false,
            Scoring = scoring,
            Club = club,
            Points = points,
            Rewards = rewards,
            Messages = messages,
            Jobs = jobs,
            Events = events,
        };
    }

    private static string[] ReadSigns(JsonSection root)
    {
        var signs = new List<string>();
        foreach (var (path, value) in root.Items("signs", required: false))
        {
            var sign = value.ValueKind == JsonValueKind.String ? value.GetString() : null;
            if (!CurrencySigns.IsSign(sign))
            {
                root.Fault(path, $"expected a sign of one to eight characters without digits, points, commas, minus signs and spaces, found {JsonSection.Shown(value)}");
            }
            else if (signs.Contains(sign!))
            {
                root.Fault(path, $"'{sign}' stands twice; remove one");
            }
            else
            {
                signs.Add(sign!);
            }
        }

        return [.. signs];
    }
}
