using Loyalty.Testing.Members;
using System.Globalization;
using System.Text;
using Loyalty.Orders;
using Loyalty.Scoring;
using Loyalty.Storage.Runs;
using Loyalty.Storage.Scores;

namespace Loyalty.Testing.Scores;

/// <summary>An order in short form; days count from 2025-01-01.</summary>
internal sealed record Sale(
    string Id, string? Customer, int Day, decimal Net, OrderStanding Standing = OrderStanding.Counts, int Hour = 0, string Item = "", string? RefundOf = null,
    decimal? Refunded = null, decimal? Gross = null)
{
    public OrderPlatform Platform => Id[0] == 'h' ? OrderPlatform.Humanitix : OrderPlatform.Generic;

    public OrderKey Key => new(Platform, Id);

    public Order Order => new()
    {
        Key = Key,
        PlacedAt = Given.Date(Day).ToDateTime(new TimeOnly(Hour, 0)),
        CustomerKey = Customer,
        Contact = Customer?.ToUpperInvariant() ?? "?",
        Gross = Gross ?? (Math.Abs(Net) + 1.25m),
        Fees = 1.25m,
        Refunded = Refunded ?? (Standing == OrderStanding.Refunded ? 0.5m : 0),
        Net = Net,
        Standing = Standing,
        RefundOf = RefundOf,
        Status = Standing.ToString(),
        Item = Item,
        Purchaser = $"name of {Customer}",
    };

    /// <summary>A credit that gives an amount of an order back.</summary>
    public static Sale Credit(string id, string? customer, int day, string refundOf, decimal amount) =>
        new(id, customer, day, -amount, OrderStanding.Credit, RefundOf: refundOf, Refunded: amount);

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"{Id}:{Customer}@{Day}.{Hour}={Net} {Standing} {Item}{(RefundOf is null ? "" : $" of {RefundOf}")}{(Refunded is null ? "" : $" refunded {Refunded}")}");
}

/// <summary>A step of a run: orders put, an order removed, an e-mail linked or unlinked.</summary>
internal abstract record Step
{
    public sealed record Put(IReadOnlyList<Sale> Sales) : Step
    {
        public override string ToString() => $"put [{string.Join("; ", Sales)}]";
    }

    public sealed record Remove(string Id) : Step;

    public sealed record Link(string Email, string Customer) : Step;

    public sealed record Unlink(string Email) : Step;
}

/// <summary>One run as tests write it.</summary>
internal sealed record ScoringCase(int AsOf, OrderScope Scope, IReadOnlyList<Step> Steps, int Variant = 0, bool Complete = true, IReadOnlyList<Sale>? Customers = null)
{
    public static ScoringCase Of(int asOf, params Sale[] sales) => new(asOf, OrderScope.Changes, [new Step.Put(sales)]);

    public static ScoringCase All(int asOf, params Sale[] sales) => new(asOf, OrderScope.All, [new Step.Put(sales)]);

    /// <summary>Programs that differ in everything a store could get wrong.</summary>
    public ScoringProgram Program => (Variant % 5) switch
    {
        0 => ScoringProgram.Default,
        1 => ScoringProgram.Default with { Thresholds = new ThresholdModel([5, 10, 20, 40], [4, 3, 2, 1], [100, 50, 20.5m, 0]) },
        2 => ScoringProgram.Default with { Model = ScoringModel.Quantiles, Segments = SegmentPlan.Grid },
        3 => ScoringProgram.Default with { Model = ScoringModel.Quantiles, Cuts = CutRule.RPackage, Segments = SegmentPlan.RPackage },
        _ => ScoringProgram.Default with { Segments = SegmentPlan.Grid },
    };

    public override string ToString() =>
        $"run(asOf {AsOf}, {Scope}, program {Variant}, {(Complete ? "complete" : "abandon")}, {string.Join(", ", Steps)}{(Customers is null ? "" : $" customers [{string.Join("; ", Customers)}]")})";

    /// <summary>Gives a session everything and scores; the text tells all that came back.</summary>
    public async ValueTask<string> FeedAsync(IScoreRun session)
    {
        var text = new StringBuilder();
        if (Customers is not null)
        {
            await session.SetCustomersAsync(Population(Customers));
        }

        foreach (var step in Steps)
        {
            switch (step)
            {
                case Step.Put put:
                    await session.PutAsync([.. put.Sales.Select(static s => s.Order)]);
                    break;
                case Step.Remove remove:
                    await session.RemoveAsync([new Sale(remove.Id, null, 0, 0).Key]);
                    break;
                case Step.Link link:
                    text.Append(await session.TryLinkAsync(link.Email, link.Customer)).Append('\n');
                    break;
                case Step.Unlink unlink:
                    text.Append(await session.UnlinkAsync(unlink.Email)).Append('\n');
                    break;
            }
        }

        var outcome = await session.RescoreAsync();
        text.Append(CultureInfo.InvariantCulture, $"{outcome.AsOf:O} {outcome.Orders} {outcome.Customers} examined {outcome.Examined} new {outcome.Moves.New} gone {outcome.Moves.Gone}\n");
        text.AppendJoin('\n', outcome.Moves.Moves).Append('\n');
        var scores = await session.ReadScoresAsync();
        return text.Append(CultureInfo.InvariantCulture, $"{scores.AsOf:O} {scores.Count}\n").AppendJoin('\n', scores.Scores).ToString();
    }

    /// <summary>Runs on a store; the text tells everything that came back, or the error.</summary>
    public async Task<string> OnAsync(IScoreStore store)
    {
        try
        {
            await using var session = await store.BeginRunAsync(Program, Given.Date(AsOf), Scope);
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
            return e.GetType().Name;
        }
    }

    private static CustomerPopulation Population(IReadOnlyList<Sale> customers)
    {
        var population = new CustomerPopulation();
        foreach (var c in customers)
        {
            population.TryAdd(c.Customer ?? "nobody", c.Hour == 0 ? new RfmInput(null, 0, c.Net) : new RfmInput(Given.Date(c.Day), c.Hour, c.Net));
        }

        return population;
    }
}
