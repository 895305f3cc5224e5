using Loyalty.Points.Ledger;
using Loyalty.Points.Runs;

namespace Loyalty.Postgres.Points.Batches;

/// <summary>What is asked of a book, and when: an operation on the ledger, or a row that is taken live.</summary>
/// <param name="Operation">The operation, when there is no row.</param>
/// <param name="Row">An <see cref="OrderRow"/>, a <see cref="RefundRow"/> or a <see cref="RedemptionRequest"/>.</param>
/// <param name="BookedOn">The booking day.</param>
/// <param name="RecordedAt">The instant, in UTC.</param>
internal readonly record struct BatchItem(LedgerOperation Operation, object? Row, DateOnly BookedOn, DateTime RecordedAt);

/// <summary>What became of an item.</summary>
/// <param name="Result">The answer of the ledger to an operation.</param>
/// <param name="Outcome">What became of a row.</param>
internal readonly record struct BatchAnswer(LedgerResult Result, RowOutcome Outcome);
