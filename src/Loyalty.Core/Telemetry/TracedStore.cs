using Loyalty.Money;
using Loyalty.Storage;
using Loyalty.Storage.Creators;
using Loyalty.Storage.Members;
using Loyalty.Storage.Points;
using Loyalty.Storage.Queue;
using Loyalty.Storage.Scores;

namespace Loyalty.Telemetry;

/// <summary>A store whose calls are traced; its parts are asked for when they are first used, because a store may lack some.</summary>
internal sealed class TracedStore(ILoyaltyStore store, TimeProvider? time) : ILoyaltyStore, IDisposable, IAsyncDisposable
{
    public string Tenant => store.Tenant;

    public Currency Currency => store.Currency;

    public IMemberStore Members => field ??= new TracedMembers(store.Members, Calls("Members"));

    public IScoreStore Scores => field ??= new TracedScores(store.Scores, Calls("Scores"));

    public IPointsStore Points => field ??= new TracedPoints(store.Points, Calls("Points"));

    public ICreatorStore Creators => field ??= new TracedCreators(store.Creators, Calls("Creators"));

    public IQueueStore Queue => field ??= new TracedQueue(store.Queue, Calls("Queue"));

    public void Dispose() => (store as IDisposable)?.Dispose();

    public ValueTask DisposeAsync()
    {
        if (store is IAsyncDisposable disposable)
        {
            return disposable.DisposeAsync();
        }

        Dispose();
        return ValueTask.CompletedTask;
    }

    private TracedCalls Calls(string port) => new(port, store.Tenant, time);
}
