using System.Text;
using Loyalty.Activities;
using Loyalty.Programs;
using Loyalty.Storage.Members;
using Loyalty.Storage.Runs;

namespace Loyalty.Testing.Members;

/// <summary>One run as tests write it: what comes in, through which date, and whether it is completed.</summary>
internal sealed record StoreRun(int AsOf, IReadOnlyList<Video> Videos, IReadOnlyList<Correction> Corrections, int Variant = 0, bool Complete = true, int Cut = 3)
{
    public override string ToString() =>
        $"run(asOf {AsOf}, program {Variant}, {(Complete ? "complete" : "abandon")}, cut {Cut}, [{string.Join("; ", Videos)}], [{string.Join("; ", Corrections)}])";

    /// <summary>Feeds a session; the text tells everything that came back.</summary>
    public async Task<string> FeedAsync(IMemberRun session)
    {
        var text = new StringBuilder();
        foreach (var chunk in Videos.Chunk(Math.Max(1, Cut)))
        {
            await session.ApplyAsync(Given.Batch(chunk));
        }

        foreach (var chunk in Corrections.Chunk(Math.Max(1, Cut)))
        {
            IReadOnlyList<Adjustment> adjustments = [.. chunk.Select(Given.Adjustment)];
            text.Append("unknown ").AppendJoin(',', await session.ApplyAsync(adjustments)).Append('\n');
        }

        text.Append(StoreDump.Of(await session.ReviewAsync()));
        await foreach (var member in session.ReadMembersAsync())
        {
            text.Append(StoreDump.Of(member)).Append('\n');
        }

        await foreach (var mission in session.ReadMissionsAsync())
        {
            text.Append(StoreDump.Of(mission)).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>Runs on a store; the text tells everything that came back, or the error.</summary>
    public async Task<string> OnAsync(IMemberStore store, string tenant, string currency = "USD")
    {
        LoyaltyProgram program = Given.Program(tenant, Variant, currency);
        try
        {
            await using var session = await store.BeginRunAsync(program, Given.Date(AsOf));
            var text = await FeedAsync(session);
            if (Complete)
            {
                await session.CommitAsync();
            }

            return text;
        }
        catch (StoreException e)
        {
            return $"{nameof(StoreException)} {e.Fault}";
        }
        catch (Exception e) when (e is OverflowException or ArgumentException or InvalidOperationException)
        {
            return e is OverflowException ? nameof(OverflowException) : e.GetType().Name;
        }
    }
}
