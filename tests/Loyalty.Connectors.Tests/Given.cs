using Loyalty.Connectors;
using System.Text;
using Loyalty.Connectors.Configuration;
using Loyalty.Connectors.Delivering;
using Loyalty.Tests.Connectors.Server;
using Loyalty.Messages;
using Loyalty.Queue;

namespace Loyalty.Tests.Connectors;

/// <summary>What tests of connectors begin with.</summary>
internal static class Given
{
    public static readonly Contact Ann = new("c1", "Ann@Example.com", "+14155550123", "Ann", "Lee", "");

    public static Dictionary<string, string> Environment { get; } = new() { ["SECRET"] = "s3cret-value", ["APP"] = "app-1", ["UNSUB"] = "unsubscribe-key" };

    public static readonly DateTimeOffset Past = new(2025, 1, 15, 5, 0, 0, TimeSpan.Zero);

    /// <summary>A target as a connectors file has it; members follow kind and url.</summary>
    public static TargetOptions Target(ScriptedServer? server, string kind, string members = "", string path = "", int timeout = 2)
    {
        var url = server is null ? "" : $"\"url\": \"{server.Url.AbsoluteUri.TrimEnd('/')}{path}\",";
        var json = $$"""{ "targets": { "t": { "kind": "{{kind}}", {{url}} "timeout": "00:00:0{{timeout}}"{{(members.Length > 0 ? "," : "")}} {{members}} } }, "lease": "00:00:10" }""";
        return ConnectorsFile.Parse(Encoding.UTF8.GetBytes(json), Environment.GetValueOrDefault).Targets["t"];
    }

    public static OutgoingOperation Add(string stage = "Bronze") => new("enrollment:1:add", Ann, "add", stage, "10", "order:1", "2025-01-15");

    public static OutgoingOperation Remove(string stage = "Bronze") => Add(stage) with { Key = "enrollment:1:remove", Operation = "remove" };

    public static OutgoingMessage Mail() => new(
        "message:c1:expired:email:enrollment:1", "expired", "email", Ann, "Ann@Example.com", "Sübject", "Text", "<p>Html</p>",
        new Dictionary<string, string> { ["stage"] = "Bronze", ["points"] = "120" }, "https://winery.example/u?t=x.y") { Cause = "enrollment:1" };

    public static OutgoingMessage Sms() => Mail() with { Key = "message:c1:expired:sms:enrollment:1", Channel = "sms", To = "+14155550123", Text = "Text & more", Html = null };

    /// <summary>Sends through the connector of a target.</summary>
    public static async Task<DeliveryAnswer> SendAsync(TargetOptions target, object outgoing, CallScope? scope = null)
    {
        using var at = new DeliveryTarget(target, ["operations", "email", "sms"], DeliveryTarget.Connect(target, TimeProvider.System), TimeProvider.System);
        return await at.SendAsync(outgoing, scope ?? new CallScope());
    }
}

/// <summary>A clock that stands still.</summary>
internal sealed class StillClock(DateTimeOffset now) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => now.ToUniversalTime();
}
