using Loyalty.Clubs;
using Loyalty.Messages;
using Loyalty.Missions;
using Loyalty.Points;
using Loyalty.Rewards;
using Loyalty.Scoring;
using Loyalty.Tiers;

namespace Loyalty.Programs;

/// <summary>What a program is made of in code: see <see cref="LoyaltyProgram.Create"/>.</summary>
/// <param name="Tenant">The owner; nothing crosses a tenant.</param>
/// <param name="Currency">The currency of all amounts: a code of ISO 4217 such as <c>USD</c>.</param>
/// <param name="TimeZone">The IANA name of the time zone in which dates are dates, such as <c>America/New_York</c>.</param>
/// <remarks>Sections that are not given are left out, as in a file. Amounts in the parts are in minor units of the currency.</remarks>
public sealed record ProgramParts(string Tenant, string Currency, string TimeZone)
{
    /// <summary>Signs and codes that stand for the currency in files, beside its own.</summary>
    public IReadOnlyList<string> Signs { get; init; } = [];

    /// <summary>Whether <c>points</c> takes an e-mail as customer in its normal form.</summary>
    public bool CustomersAreEmails { get; init; }

    /// <summary>The tiers. What they say of their version is not asked: it follows from the rules.</summary>
    public TierProgram? Tiers { get; init; }

    /// <summary>The missions.</summary>
    public IReadOnlyList<Mission> Missions { get; init; } = [];

    /// <summary>How customers are scored.</summary>
    public ScoringProgram? Scoring { get; init; }

    /// <summary>The club.</summary>
    public ClubProgram? Club { get; init; }

    /// <summary>The rules of points, in the currency of the program.</summary>
    public PointsProgram? Points { get; init; }

    /// <summary>The rewards.</summary>
    public IReadOnlyList<Reward> Rewards { get; init; } = [];

    /// <summary>Channels and warnings; <see langword="null"/>: the defaults.</summary>
    public MessageProgram? Messages { get; init; }

    /// <summary>When the hosted jobs run: cron expressions by the name of the job; those that are not given run as usual.</summary>
    public IReadOnlyDictionary<string, string> Jobs { get; init; } = JobSection.Default;

    /// <summary>The targets that domain events go to.</summary>
    public IReadOnlyList<string> Events { get; init; } = [];

    /// <summary>The parts of a program; a program made of them has the same rules.</summary>
    public static ProgramParts Of(LoyaltyProgram program)
    {
        ArgumentNullException.ThrowIfNull(program);
        return new(program.Tenant, program.Currency.Code, program.TimeZone.Id)
        {
            Signs = program.Signs,
            CustomersAreEmails = program.CustomersAreEmails,
            Tiers = program.Tiers,
            Missions = program.Missions,
            Scoring = program.Scoring,
            Club = program.Club,
            Points = program.Points,
            Rewards = program.Rewards,
            Messages = program.Messages,
            Jobs = program.Jobs,
            Events = program.Events,
        };
    }
}
