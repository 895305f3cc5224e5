using System.Text.Json;
using System.Text.Json.Serialization;
using Loyalty.Creators;
using Loyalty.Messages;
using Loyalty.Points.Ledger;
using Loyalty.Points.Runs;
using Loyalty.Programs;
using Loyalty.Queue;
using Loyalty.Scoring;
using Loyalty.Storage.Creators;
using Loyalty.Storage.Members;
using Loyalty.Storage.Points;
using Loyalty.Storage.Queue;
using Loyalty.Storage.Scores;

namespace Loyalty.Json;

/// <summary>What the stores answer, as JSON: source-generated, without reflection.</summary>
/// <remarks>
/// For ASP.NET Core put it first in the chain of <c>ConfigureHttpJsonOptions</c>:
/// <c>options.SerializerOptions.TypeInfoResolverChain.Insert(0, LoyaltyJson.Default)</c>. Names are in camel case, values of enums are their names. What was written
/// can be read back to the same values.
/// </remarks>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, UseStringEnumConverter = true)]
[JsonSerializable(typeof(LoyaltyProgram))]
[JsonSerializable(typeof(ProgramFault[]))]
[JsonSerializable(typeof(Money.Currency))]
[JsonSerializable(typeof(StoreStatus))]
[JsonSerializable(typeof(MemberTotals))]
[JsonSerializable(typeof(Tiers.MemberStanding))]
[JsonSerializable(typeof(MemberProgress))]
[JsonSerializable(typeof(MemberMission))]
[JsonSerializable(typeof(MemberDetail))]
[JsonSerializable(typeof(MemberSimulation))]
[JsonSerializable(typeof(Verification))]
[JsonSerializable(typeof(SyncOutcome))]
[JsonSerializable(typeof(ScoreStatus))]
[JsonSerializable(typeof(ScoreOutcome))]
[JsonSerializable(typeof(StoredScores))]
[JsonSerializable(typeof(Score))]
[JsonSerializable(typeof(Orders.EngagementTotals))]
[JsonSerializable(typeof(Orders.TimelinePage))]
[JsonSerializable(typeof(PointsStatus))]
[JsonSerializable(typeof(PointsRunResult))]
[JsonSerializable(typeof(PointsBalance))]
[JsonSerializable(typeof(PointsAsOf))]
[JsonSerializable(typeof(PointsLiability))]
[JsonSerializable(typeof(MemberPoints))]
[JsonSerializable(typeof(IReadOnlyList<RowOutcome>))]
[JsonSerializable(typeof(IReadOnlyList<LedgerResult>))]
[JsonSerializable(typeof(IReadOnlyList<LedgerEntry>))]
[JsonSerializable(typeof(IReadOnlyList<LedgerFault>))]
[JsonSerializable(typeof(IReadOnlyList<DueMessage>))]
[JsonSerializable(typeof(IReadOnlyList<MemberProgress>))]
[JsonSerializable(typeof(IReadOnlyList<MemberPoints>))]
[JsonSerializable(typeof(CreatorStatus))]
[JsonSerializable(typeof(CreatorOutcome))]
[JsonSerializable(typeof(CreatorPage))]
[JsonSerializable(typeof(CreatorDetail))]
[JsonSerializable(typeof(CreatorEvidence))]
[JsonSerializable(typeof(IReadOnlyList<Communication>))]
[JsonSerializable(typeof(IReadOnlyList<Delivery>))]
[JsonSerializable(typeof(IReadOnlyList<ClaimedDelivery>))]
[JsonSerializable(typeof(IReadOnlyList<QueueCount>))]
[JsonSerializable(typeof(IReadOnlyDictionary<string, CustomerRecord>))]
[JsonSerializable(typeof(IReadOnlyList<ConsentEntry>))]
[JsonSerializable(typeof(JobOccurrence))]
public sealed partial class LoyaltyJson : JsonSerializerContext;
