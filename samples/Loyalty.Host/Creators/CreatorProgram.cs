using System.Text.Json.Nodes;
using Loyalty.Identity;
using Loyalty.Programs;
using Loyalty.Storage.InMemory;

namespace Loyalty.Host.Creators;

/// <summary>Whose creators they are, and who is meant.</summary>
internal static class CreatorProgram
{
    /// <summary>The tenant when nobody says which.</summary>
    public const string NoTenant = "default";

    /// <summary>The program of a file; without one the tenant is <c>default</c> and the currency USD.</summary>
    public static LoyaltyProgram Of(string? path) => path is not null
        ? ProgramFile.Read(path)
        : LoyaltyProgram.Parse($$"""{ "tenant": "{{NoTenant}}", "currency": "USD", "timeZone": "UTC" }""");

    /// <summary>A handle as a user wrote it.</summary>
    public static string Handle(string text) => Identity.Handle.Read(text, HandlePlatform.TikTok, out var handle, out var reason) == HandleStatus.Ok
        ? handle.Value
        : throw new CommandException($"'{text}' is no handle ({reason}); give one such as @some.creator.");

    /// <summary>Opens a store whose creators are changed beside imports; a file says itself whose it is.</summary>
    public static OpenedStore OpenToChange(StoreChoice choice, string tenant, StateParts parts = StateParts.Creators) => OpenedStore.ForRun(
        choice,
        choice.IsFile ? null : LoyaltyProgram.Parse(new JsonObject { ["tenant"] = tenant, ["currency"] = "USD", ["timeZone"] = "UTC" }.ToJsonString()),
        parts);

    /// <summary>Keeps what was changed.</summary>
    public static void Keep(OpenedStore opened, CancellationToken cancellation)
    {
        if (opened.PrepareState(cancellation) is { } prepared)
        {
            File.Move(prepared.Prepared, prepared.Target, overwrite: true);
        }
    }
}
