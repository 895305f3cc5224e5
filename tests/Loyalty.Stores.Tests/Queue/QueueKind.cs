using Loyalty.Postgres.Queue;
using Loyalty.Storage.InMemory.Queue;
using Loyalty.Storage.Queue;
using Loyalty.Tests.Stores.Server;

namespace Loyalty.Tests.Stores.Queue;

/// <summary>Queues by the word for what keeps them: <c>memory</c> or <c>postgres</c>.</summary>
internal static class QueueKind
{
    public static IQueueStore Store(string kind, TestDatabase database) => kind switch
    {
        "memory" => new InMemoryQueueStore(TimeProvider.System),
        _ => new PostgresQueueStore(database.App, "acme"),
    };
}
